// Draws the curves. Everything else on a page works without this file.
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// The custom properties hold `light-dark(…)`: a canvas needs the colour that it comes to.
function resolved(name) {
  const probe = document.createElement('span');
  probe.style.color = colour(name);
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function draw(figure) {
  const { times, series } = JSON.parse(figure.dataset.chart);
  const hour = (seconds) => `${new Date(seconds * 1000).toISOString().slice(11, 16)}`;
  const axis = { stroke: resolved('faint'), grid: { stroke: resolved('rule'), width: 1 }, ticks: { stroke: resolved('rule'), width: 1 } };
  const options = {
    width: Math.max(320, figure.clientWidth - 20),
    height: 200,
    tzDate: (seconds) => window.uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    cursor: { drag: { x: false, y: false } },
    axes: [{ ...axis, values: (_plot, splits) => splits.map(hour) }, axis],
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most)] } },
    series: [
      { label: 'Hour (UTC)', value: (_plot, seconds) => (seconds === null ? '–' : hour(seconds)) },
      ...series.map(({ label, tone }) => ({ label, stroke: resolved(tone), width: 2, points: { show: false } })),
    ],
  };
  figure.replaceChildren();
  new window.uPlot(options, [times, ...series.map(({ values }) => values)], figure);
}

const drawAll = () => {
  for (const figure of document.querySelectorAll('[data-chart]')) draw(figure);
};

drawAll();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
addEventListener('resize', drawAll);
