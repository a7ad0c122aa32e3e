// SPDX-License-Identifier: ISC
// A plot of cost over size, as SVG: both axes logarithmic, one line for each
// thing that grows, with the slope between its ends.
const [WIDTH, HEIGHT, EDGE, LEGEND] = [640, 400, 50, 190];
const COLOURS = ['#005ea2', '#b50909', '#2e8540', '#8168b3', '#936f38'];
const log = Math.log10;

/* How much the cost grows by when the size grows tenfold, as a power of ten. */
const slope = (points) => {
  const [a, b] = [points[0], points.at(-1)];
  return log(b.over / a.over) / log(b.size / a.size);
};

/* curves: {name: [{size, over}]}; `over`: cost, as a multiple of something. */
export function plot(curves) {
  const all = Object.values(curves).flat();
  const x1 = Math.ceil(log(Math.max(...all.map((p) => p.size))));
  const costs = Object.values(curves).flatMap((points) =>
    points.map((p) => p.over / points[0].over));
  const y0 = Math.min(log(0.5), ...costs.map(log));
  const y1 = Math.max(log(4), ...costs.map(log));
  const x = (size) => (EDGE + log(size) / x1
    * (WIDTH - EDGE - LEGEND)).toFixed(1);
  const y = (cost) => (HEIGHT - EDGE - (log(cost) - y0) / (y1 - y0)
    * (HEIGHT - 2 * EDGE)).toFixed(1);
  const text = (px, py, words, anchor = 'start') =>
    `<text x="${px}" y="${py}" text-anchor="${anchor}">${words}</text>`;
  const parts = [];
  for (let i = 0; i <= x1; i += 1) {
    parts.push(`<path class="g" d="M${x(10 ** i)} ${EDGE}V${HEIGHT - EDGE}"/>`,
      text(x(10 ** i), HEIGHT - EDGE + 18, `10^${i}`, 'middle'));
  }
  for (const cost of [0.5, 1, 2, 4, 8, 16, 32, 64].filter(
    (c) => log(c) >= y0 && log(c) <= y1)) {
    parts.push(`<path class="g" d="M${EDGE} ${y(cost)}H${WIDTH - LEGEND}"/>`,
      text(EDGE - 8, y(cost), cost, 'end'));
  }
  Object.entries(curves).forEach(([name, points], i) => {
    const colour = COLOURS[i % COLOURS.length];
    parts.push(`<polyline fill="none" stroke="${colour}" stroke-width="2"
 points="${points.map((p) => `${x(p.size)},${y(p.over / points[0].over)}`)
    .join(' ')}"/>`, `<g fill="${colour}">${text(WIDTH - LEGEND + 12,
      EDGE + 20 * i, `${name}, slope ${slope(points).toFixed(3)}`)}</g>`);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}"
 height="${HEIGHT}" font-family="sans-serif" font-size="12">
<style>.g { stroke: #ddd }</style><rect width="100%" height="100%" fill="#fff"/>
${text(EDGE, 24, 'CPU time of a /whoami over the ceiling, 1 = at the smallest size')}
${parts.join('\n')}
</svg>
`;
}
