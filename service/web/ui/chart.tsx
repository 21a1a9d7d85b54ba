// SPDX-License-Identifier: AGPL-3.0-only
import { useEffect, useId, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface ChartProps {
  readonly title: string;
  /** Seconds. */
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly show: (value: number) => string;
}

/** In UTC as the reader writes it: the day, and the hour below where days repeat. */
function datesOf(seconds: readonly number[]): string[] {
  const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
  const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
  const days = seconds.map((each) => day.format(each * 1_000));
  if (new Set(days).size === days.length) return days;
  return seconds.map((each, i) =>
    days[i] === days[i - 1] ? hour.format(each * 1_000) : `${hour.format(each * 1_000)}\n${days[i]}`,
  );
}

/** A line over time, in the page's colours; what it says is in words beside it, too. */
export default function Chart({ title, times, values, show }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const [line, muted, grid] = ["--chart", "--muted-solid", "--grid"].map((name) =>
      style.getPropertyValue(name).trim(),
    );
    const axis = {
      stroke: muted,
      grid: { stroke: grid, width: 1 },
      ticks: { stroke: grid, width: 1 },
    } as uPlot.Axis;
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: 190,
        legend: { show: false },
        cursor: { points: { size: 6 } },
        scales: { x: { time: true } },
        axes: [
          { ...axis, space: 70, values: (_: uPlot, splits: number[]) => datesOf(splits) },
          { ...axis, size: 64, values: (_: uPlot, splits: number[]) => splits.map(show) },
        ],
        series: [{}, { stroke: line ?? "green", width: 2, points: { show: times.length < 40 } }],
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC"),
      } as uPlot.Options,
      [[...times], [...values]],
      element,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 190 }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [times, values, show]);
  const [first, last] = [values[0], values.at(-1)];
  return (
    <figure aria-labelledby={id}>
      <figcaption id={id}>
        {title}
        {first !== undefined && last !== undefined && (
          <small>
            {" "}
            from {show(first)} to {show(last)}
          </small>
        )}
      </figcaption>
      <div ref={place} aria-hidden="true" className="chart" />
    </figure>
  );
}
