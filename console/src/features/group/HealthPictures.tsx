import { useMemo } from 'react';
import type { HealthReport } from '../../api/contract';
import { useSpeak } from '../../i18n/speak';
import type { Period } from '../../i18n/time';
import { Chart } from '../../kit/Chart';
import type { Option } from '../../kit/ChartCanvas';
import { usePalette } from '../../kit/palette';
import { useCan } from '../session/session';
import { lorenz } from './figures';
import { usePeople, type Scope } from './queries';

const percent = (value: number | null) => (value === null ? null : Math.round(value * 1000) / 10);

/** Messages by day, the silence curve, the hours, and how much few people say. req: 004-043 */
export function HealthPictures({ report, scope, period }: { report: HealthReport; scope: Scope; period: Period }) {
  const { t, day, count } = useSpeak();
  const colour = usePalette();
  const can = useCan();
  const readable = report.readable.text;
  const speakers = usePeople(readable && can('report.people') ? 'active_members' : null, scope, period);
  const held = useMemo(() => lorenz((speakers.data?.pages.flatMap((page) => page.items) ?? []).map((row) => row.value)), [speakers.data]);
  const base = useMemo(() => ({
    textStyle: { color: colour.faint, fontFamily: 'inherit' },
    grid: { left: 8, right: 16, top: 32, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: { trigger: 'axis', confine: true },
    legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 8, itemGap: 16, icon: 'roundRect', textStyle: { color: colour.faint } },
  }) satisfies Option, [colour]);
  const category = (data: string[]) => ({ type: 'category' as const, data, axisTick: { show: false }, axisLine: { lineStyle: { color: colour.line } }, axisLabel: { color: colour.faint, hideOverlap: true } });
  const value = (extra: object = {}) => ({ type: 'value' as const, splitNumber: 3, splitLine: { lineStyle: { color: colour.line } }, axisLabel: { color: colour.faint }, ...extra });
  const line = (name: string, data: (number | null)[], color: string, extra: object = {}) => ({ type: 'line' as const, name, data, color, showSymbol: false, connectNulls: false, lineStyle: { width: 2 }, emphasis: { disabled: true }, ...extra });

  const days = report.daily.map((one) => day(one.day));
  const daily: Option = {
    ...base, xAxis: category(days), yAxis: value({ minInterval: 1 }),
    series: [
      line(t('metrics.messages'), report.daily.map((one) => one.messages), colour.jade, { areaStyle: { opacity: 0.1 } }),
      line(t('metrics.active_members'), report.daily.map((one) => one.active_members), colour.blue),
      line(t('group.picture.valued'), report.daily.map((one) => one.valued), colour.amber),
    ],
  };
  const flow: Option = {
    ...base, xAxis: category(days), yAxis: value({ minInterval: 1 }),
    series: [
      { type: 'bar', name: t('metrics.arrivals'), data: report.daily.map((one) => one.joined), color: colour.jade, stack: 'flow', barMaxWidth: 14 },
      { type: 'bar', name: t('metrics.leavers'), data: report.daily.map((one) => (one.left === null ? null : -one.left)), color: colour.grey, stack: 'flow', barMaxWidth: 14 },
    ],
  };
  const silent = t(scope.group ? 'metrics.silence' : 'metrics.silent_groups');
  const silence: Option = {
    ...base, legend: { show: false }, xAxis: { ...category(report.silence.map((one) => String(one.day))), name: '' }, yAxis: value({ min: 0, max: 100, interval: 25, axisLabel: { color: colour.faint, formatter: '{value}%' } }),
    series: [line(silent, report.silence.map((one) => percent(one.share)), colour.amber, { areaStyle: { opacity: 0.12 } })],
  };
  const hours: Option = {
    ...base, legend: { show: false }, xAxis: category(report.hours.map((_, hour) => String(hour))), yAxis: value({ minInterval: 1 }),
    series: [{ type: 'bar', name: t('metrics.messages'), data: report.hours, color: colour.jade, barMaxWidth: 16, itemStyle: { borderRadius: [3, 3, 0, 0] } }],
  };
  const concentration: Option = {
    ...base,
    xAxis: value({ min: 0, max: 100, interval: 25, axisLabel: { color: colour.faint, formatter: '{value}%' } }), yAxis: value({ min: 0, max: 100, interval: 25, axisLabel: { color: colour.faint, formatter: '{value}%' } }),
    series: [
      { type: 'line', name: t('group.picture.held'), data: held.map(([people, said]) => [people * 100, Math.round(said * 1000) / 10]), color: colour.jade, showSymbol: false, areaStyle: { opacity: 0.12 } },
      { type: 'line', name: t('group.picture.even'), data: [[0, 0], [100, 100]], color: colour.grey, showSymbol: false, lineStyle: { type: 'dashed', width: 1 } },
    ],
  };
  const cell = (value: number | null) => (value === null ? '—' : count(value));
  return (
    <div className="pictures">
      {readable ? (
        <Chart title={t('group.picture.daily')} note={t('group.picture.daily_note')} option={daily} table={{ head: [t('kit.day'), t('metrics.messages'), t('metrics.active_members'), t('group.picture.valued')], rows: report.daily.map((one) => [day(one.day), cell(one.messages), cell(one.active_members), cell(one.valued)]) }} />
      ) : null}
      {report.arrivals.value === null && report.leavers.value === null ? null : <Chart title={t('group.picture.flow')} note={t('group.picture.flow_note')} option={flow} table={{ head: [t('kit.day'), t('metrics.arrivals'), t('metrics.leavers')], rows: report.daily.map((one) => [day(one.day), cell(one.joined), cell(one.left)]) }} />}
      {readable ? (
        <>
          {report.silence.length > 0 ? <Chart title={t('group.picture.silence')} note={t(scope.group ? 'group.picture.silence_note' : 'group.picture.silence_many_note')} option={silence} table={{ head: [t('group.picture.age'), silent, ...(scope.group ? [] : [t('metrics.groups_lived')])], rows: report.silence.map((one) => [one.day, one.share === null ? '—' : `${percent(one.share)}%`, ...(scope.group ? [] : [one.groups ?? 0])]) }} /> : null}
          <Chart title={t('group.picture.hours')} note={t('group.picture.hours_note')} option={hours} table={{ head: [t('kit.hour'), t('metrics.messages')], rows: report.hours.map((said, hour) => [`${hour}:00`, cell(said)]) }} />
          {held.length > 1 && !speakers.hasNextPage ? (
            <Chart title={t('group.picture.concentration')} note={t('group.picture.concentration_note')} option={concentration} table={{ head: [t('group.picture.people'), t('group.picture.said')], rows: held.map(([people, said]) => [`${percent(people)}%`, `${percent(said)}%`]) }} />
          ) : null}
        </>
      ) : null}
    </div>
  );
}
