// Two pens with the same strokes: one draws on a canvas, one writes SVG. A chart is drawn once for both.
//
// path([[x, y], ...], {stroke, width, dash, fill, opacity, close}); paths([path, ...], style): many in one; text(x, y, words, {fill, anchor, size, bold, turned,
// halo: the paper between words and the lines that they stand on});
// cells(x, y, width, height, rows of colours); clip(x, y, width, height, draw).

import { channels } from "./colours.js";

export function canvasPen(context) {
  return {
    path(points, style) {
      this.paths([points], style);
    },
    paths(each, style) {
      context.save();
      context.beginPath();
      for (const points of each) {
        points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
        if (style.close) context.closePath();
      }
      context.globalAlpha = style.opacity ?? 1;
      if (style.fill) {
        context.fillStyle = style.fill;
        context.fill();
      }
      if (style.stroke) {
        context.strokeStyle = style.stroke;
        context.lineWidth = style.width ?? 1;
        context.lineJoin = context.lineCap = "round";
        context.setLineDash(style.dash ?? []);
        context.stroke();
      }
      context.restore();
    },
    text(x, y, words, style) {
      context.save();
      context.translate(x, y);
      if (style.turned) context.rotate(-Math.PI / 2);
      context.font = `${style.bold ? "600 " : ""}${style.size ?? 12}px system-ui, sans-serif`;
      context.textAlign = { start: "left", middle: "center", end: "right" }[style.anchor ?? "start"];
      context.textBaseline = "middle";
      if (style.halo) {
        [context.strokeStyle, context.lineWidth, context.lineJoin] = [style.halo, 3, "round"];
        context.strokeText(words, 0, 0);
      }
      context.fillStyle = style.fill;
      context.fillText(words, 0, 0);
      context.restore();
    },
    cells(x, y, width, height, rows) {
      const [down, across] = [rows.length, rows[0]?.length ?? 0];
      if (!across) return;
      const image = new ImageData(across, down); // a pixel for each cell, stretched
      rows.forEach((row, i) => row.forEach((colour, j) => colour && image.data.set([...channels(colour), 255], 4 * (i * across + j))));
      const small = Object.assign(document.createElement("canvas"), { width: across, height: down });
      small.getContext("2d").putImageData(image, 0, 0);
      context.save();
      context.imageSmoothingEnabled = false;
      context.drawImage(small, x, y, width, height);
      context.restore();
    },
    clip(x, y, width, height, draw) {
      context.save();
      context.beginPath();
      context.rect(x, y, width, height);
      context.clip();
      draw();
      context.restore();
    },
  };
}

export function svgPen(width, height, background) {
  const parts = [], near = (value) => Number(value.toFixed(2));
  let clips = 0;
  return {
    path(points, style) {
      this.paths([points], style);
    },
    paths(each, style) {
      const d = each.map((points) => points.map(([x, y], index) => `${index ? "L" : "M"}${near(x)} ${near(y)}`).join("") + (style.close ? "Z" : "")).join("");
      parts.push(`<path d="${d}" fill="${style.fill ?? "none"}" stroke="${style.stroke ?? "none"}" stroke-width="${style.width ?? 1}"`
        + ` stroke-linejoin="round" stroke-linecap="round" stroke-dasharray="${(style.dash ?? []).join(" ")}" opacity="${style.opacity ?? 1}"/>`);
    },
    text(x, y, words, style) {
      parts.push(`<text transform="translate(${near(x)} ${near(y)})${style.turned ? " rotate(-90)" : ""}" fill="${style.fill}"${style.halo ? ` stroke="${style.halo}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"` : ""}`
        + ` text-anchor="${style.anchor ?? "start"}" dominant-baseline="central" font-size="${style.size ?? 12}"`
        + ` font-weight="${style.bold ? 600 : 400}" font-family="system-ui, sans-serif">${escaped(words)}</text>`);
    },
    cells(x, y, wide, high, rows) {
      const [down, across] = [rows.length, rows[0]?.length ?? 0];
      rows.forEach((row, i) => row.forEach((colour, j) => colour && parts.push(
        `<rect x="${near(x + (j * wide) / across)}" y="${near(y + (i * high) / down)}" width="${near(wide / across + 0.3)}" height="${near(high / down + 0.3)}" fill="${colour}"/>`)));
    },
    clip(x, y, wide, high, draw) {
      clips += 1;
      parts.push(`<clipPath id="c${clips}"><rect x="${x}" y="${y}" width="${wide}" height="${high}"/></clipPath><g clip-path="url(#c${clips})">`);
      draw();
      parts.push("</g>");
    },
    svg: () => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`
      + `<rect width="100%" height="100%" fill="${background}"/>${parts.join("")}</svg>`,
  };
}

export function escaped(words) {
  return String(words).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
