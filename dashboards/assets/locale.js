// What calendars and time axes say in Chinese; their English is built in. Loaded before both (by its name), which then
// find it: dash-mantine-components under `dayjs_locale_<name>`, Plotly in `PlotlyLocales`.
(function () {
  "use strict";
  const days = ["日", "一", "二", "三", "四", "五", "六"];
  const months = Array.from({ length: 12 }, (_, i) => i + 1 + "月");

  window["dayjs_locale_zh-cn"] = {
    name: "zh-cn",
    weekdays: days.map((day) => "星期" + day),
    weekdaysShort: days.map((day) => "周" + day),
    weekdaysMin: days,
    months: months,
    monthsShort: months,
    weekStart: 1,
    ordinal: (number) => number + "日",
    formats: { LT: "HH:mm", LTS: "HH:mm:ss", L: "YYYY-MM-DD", LL: "YYYY年M月D日", LLL: "YYYY年M月D日 HH:mm" },
    relativeTime: {},
  };

  window.PlotlyLocales = [
    {
      moduleType: "locale",
      name: "zh-CN",
      dictionary: {},
      format: {
        days: days.map((day) => "星期" + day),
        shortDays: days.map((day) => "周" + day),
        months: months,
        shortMonths: months,
        date: "%Y-%m-%d",
        year: "%Y年",
        month: "%Y年%-m月",
        dayMonth: "%-m月%-d日",
        dayMonthYear: "%Y年%-m月%-d日",
      },
    },
  ];
})();
