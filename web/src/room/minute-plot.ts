import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Lang, shortCount } from "../format/number.js";
import { minuteTime } from "../format/time.js";
import type { Messages } from "../i18n/tables.js";
import type { ChartMinute } from "./minute-series.js";

/** What is drawn. */
export interface MinuteDrawing {
  readonly minutes: readonly ChartMinute[];
  /** Parts of the axis in which we know that nothing was received. */
  readonly gaps: readonly (readonly [number, number])[];
  readonly words: Messages["room"]["figures"]["series"];
  readonly lang: Lang;
}

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

function optionOf({ minutes, gaps, words, lang }: MinuteDrawing, style: CSSStyleDeclaration) {
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const [ink, soft, line] = [colour("--ink"), colour("--soft"), colour("--line")];
  const shown = (value: number) => shortCount(Math.round(value), lang);
  const bar = (name: string, data: number[], color: string) => ({
    type: "bar",
    stack: "all",
    name,
    data,
    itemStyle: { color },
    barMaxWidth: 18,
  });
  const axis = { axisLabel: { color: soft, formatter: shown }, splitLine: { lineStyle: { color: line } } };
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
    legend: { textStyle: { color: soft, fontSize: 12 }, itemWidth: 12, itemHeight: 8, top: 0 },
    grid: { left: 8, right: 8, top: 32, bottom: 4, containLabel: true },
    xAxis: {
      type: "category",
      data: minutes.map(({ time }) => minuteTime(time, lang)),
      axisLabel: { color: soft },
      axisLine: { lineStyle: { color: line } },
    },
    yAxis: [
      { type: "value", ...axis },
      { type: "value", ...axis, splitLine: { show: false } },
    ],
    series: [
      {
        ...bar(
          words.chat,
          minutes.map(({ chat }) => chat),
          colour("--social"),
        ),
        markArea: {
          silent: true,
          itemStyle: { color: colour("--bad"), opacity: 0.18 },
          data: gaps.map(([from, to]) => [{ xAxis: from }, { xAxis: to }]),
        },
      },
      bar(
        words.gift,
        minutes.map(({ gift }) => gift),
        colour("--gift"),
      ),
      bar(
        words.join,
        minutes.map(({ join }) => join),
        colour("--soft"),
      ),
      {
        type: "line",
        name: words.online,
        yAxisIndex: 1,
        data: minutes.map(({ online }) => online),
        connectNulls: true,
        showSymbol: minutes.length < 3,
        lineStyle: { width: 2 },
        itemStyle: { color: colour("--good") },
      },
    ],
  };
}
