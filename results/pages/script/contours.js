// Lines of equal height of a grid, by marching squares.

const known = new WeakMap();

/** The segments of each level of a mark of contours at a step; those of all steps are found once. */
export function linesOf(mark, step) {
  const [t, u] = mark.tilts?.[step] ?? [0, 0];
  if (t || u) {
    const z = mark.z.map((row, i) => row.map((value, j) => value + t * mark.x[j] + u * mark.y[i]));
    return mark.levels.map((level) => contour(mark.x, mark.y, z, level));
  }
  if (!known.has(mark)) known.set(mark, mark.levels.map((level) => contour(mark.x, mark.y, mark.z, level)));
  return known.get(mark);
}

/** Segments [[x0, y0, x1, y1], ...] where z[row][column] at (x[column], y[row]) crosses `level`. */
export function contour(x, y, z, level) {
  const found = [];
  for (let i = 0; i + 1 < y.length; i += 1) {
    for (let j = 0; j + 1 < x.length; j += 1) {
      const corners = [[x[j], y[i], z[i][j]], [x[j + 1], y[i], z[i][j + 1]], [x[j + 1], y[i + 1], z[i + 1][j + 1]], [x[j], y[i + 1], z[i + 1][j]]];
      if (!corners.every((corner) => Number.isFinite(corner[2]))) continue;
      const crossings = [];
      corners.forEach((here, side) => {
        const next = corners[(side + 1) % 4];
        if (here[2] < level === next[2] < level) return;
        const share = (level - here[2]) / (next[2] - here[2]);
        crossings.push([here[0] + share * (next[0] - here[0]), here[1] + share * (next[1] - here[1])]);
      });
      // Four crossings: a saddle; which sides belong together, the middle says.
      const middle = corners.reduce((sum, corner) => sum + corner[2], 0) / 4;
      if (crossings.length === 4 && middle < level === corners[0][2] < level) crossings.push(crossings.shift());
      for (let k = 0; k + 1 < crossings.length; k += 2) found.push([...crossings[k], ...crossings[k + 1]]);
    }
  }
  return found;
}
