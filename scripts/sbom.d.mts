/** A package in the lock file. */
interface LockedPackage {
  readonly hasInstallScript?: boolean;
}

export declare function packagesInside(): ReadonlyMap<string, LockedPackage>;
export declare function bill(): string;
export declare const WITHIN: Readonly<Record<string, { readonly version: string; readonly license: string; readonly integrity: string }>>;
