import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { shortCount } from "../format/number.js";
import type { MinuteDrawing } from "./minute-series.js";

/** A chart in an element. */
export interface MinutePlot {
  draw(drawing: MinuteDrawing): void;
  close(): void;
}

/** Puts a chart into an element, and keeps it as large. */
export function plotMinutes(place: HTMLElement): MinutePlot {
  use([BarChart, LineChart, GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent, CanvasRenderer]);
  const chart = init(place);
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(place);
  return {
    draw: (drawing) => chart.setOption(optionOf(drawing, getComputedStyle(place)), { notMerge: true }),
    close: () => {
      observer.disconnect();
      chart.dispose();
    },
  };
}

function optionOf({ labels, series, gaps, lang }: MinuteDrawing, style: CSSStyleDeclaration) {
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const [ink, soft, line] = [colour("--ink"), colour("--soft"), colour("--line")];
  const shown = (value: number) => shortCount(Math.round(value), lang);
  // What is counted comes whole: between 0 and 1 there is nothing to be marked.
  const axis = { minInterval: 1, axisLabel: { color: soft, formatter: shown }, splitLine: { lineStyle: { color: line } } };
  const band = {
    silent: true,
    itemStyle: { color: colour("--bad"), opacity: 0.18 },
    data: gaps.map(([from, to]) => [{ xAxis: from }, { xAxis: to }]),
  };
  return {
    animation: false,
    // As drawn text: an HTML tooltip would need inline styles, which the policy forbids.
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: colour("--surface"),
      borderColor: line,
      textStyle: { color: ink, fontSize: 12 },
    },
    legend: { textStyle: { color: soft, fontSize: 12 }, itemWidth: 18, itemHeight: 8, top: 0, type: "plain" },
    grid: { left: 8, right: 8, top: 32, bottom: 4, containLabel: true },
    xAxis: { type: "category", data: labels, axisLabel: { color: soft }, axisLine: { lineStyle: { color: line } } },
    yAxis: [
      { type: "value", ...axis },
      { type: "value", ...axis, splitLine: { show: false } },
    ],
    series: series.map(({ name, values, kind, colour: named, dash = "solid", right = false }, at) => ({
      ...{ type: kind, name, data: values, itemStyle: { color: colour(named) }, yAxisIndex: right ? 1 : 0 },
      ...(kind === "bar"
        ? { stack: "all", barMaxWidth: 18 }
        : { connectNulls: right, showSymbol: values.filter((value) => value !== null).length < 3, lineStyle: { width: 2, type: dash } }),
      ...(at === 0 && { markArea: band }),
    })),
  };
}
