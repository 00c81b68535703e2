'use strict';
(() => {
  const $ = id => document.getElementById(id);
  const tip = $('tip');

  // showTip puts lines of text beside the pointer. Texts of strangers are text nodes, never markup.
  function showTip(x, y, head, ...lines) {
    tip.replaceChildren();
    if (head) tip.append(Object.assign(document.createElement('b'), { textContent: head }));
    lines.filter(Boolean).forEach((line, i) => tip.append(i ? document.createElement('br') : '', line));
    tip.hidden = false;
    const w = tip.offsetWidth, h = tip.offsetHeight;
    const left = Math.max(6, Math.min(innerWidth - w - 6, x + 14 + w > innerWidth ? x - w - 14 : x + 14));
    const top = y - h - 14 < 4 ? y + 18 : y - h - 14;
    tip.style.transform = `translate(${left}px,${top}px)`;
  }
  const hideTip = () => { tip.hidden = true; };

  function weeks() {
    const svg = $('weeks');
    if (!svg) return;
    const bars = svg.querySelectorAll('g');
    let on = null;
    const leave = () => { on?.classList.remove('on'); on = null; hideTip(); };
    const point = e => {
      const r = svg.getBoundingClientRect(), i = Math.floor((e.clientX - r.left) / r.width * bars.length);
      if (!bars[i]) return leave();
      on?.classList.remove('on');
      (on = bars[i]).classList.add('on');
      const [head, rest] = on.dataset.text.split(': ');
      showTip(e.clientX, e.clientY, head, rest);
    };
    svg.addEventListener('pointermove', point);
    svg.addEventListener('pointerdown', point);
    svg.addEventListener('pointerleave', leave);
  }

  function map() {
    const canvas = $('map'), ring = $('ring'), pick = $('pick');
    if (!canvas) return;
    const data = JSON.parse($('data').textContent);
    const n = data.ids.length, raw = Uint8Array.from(atob(data.points), c => c.charCodeAt(0));
    const view = new DataView(raw.buffer), at = (i, field) => view.getUint16(i * 10 + field * 2, true);
    const [south, west, north, east] = data.box;
    const squeeze = Math.cos((south + north) / 2 * Math.PI / 180); // degrees of longitude are that much shorter here
    const shown = new Set(data.classes.map((_, i) => i));
    // No class is drawn on top of the others: the dots come in an order that mixes them.
    const order = Array.from({ length: n }, (_, i) => i);
    const rank = i => Math.imul(i + 1, 2654435761) >>> 0;
    order.sort((a, b) => rank(a) - rank(b));
    const used = new Set();
    for (let i = 0; i < n; i++) used.add(at(i, 3));
    data.services.forEach((name, i) => { if (used.has(i)) pick.append(new Option(name, i)); });
    $('tools').hidden = false;

    const font = '11px system-ui, "Liberation Sans", Arial, sans-serif';
    let spots = [], cells = new Map(), fields = null, view0 = null, margin = 0;

    const leave = () => { ring.hidden = true; hideTip(); };

    // layout fits the box into the width there is.
    function layout() {
      const width = canvas.clientWidth, narrow = width < 560;
      const m = { left: margin, right: 1, top: 1, bottom: 22 };
      const plotW = width - m.left - m.right, w = (east - west) * squeeze, h = north - south;
      const plotH = Math.round(Math.max(plotW * .45, Math.min(plotW * h / w, narrow ? plotW * 1.2 : 640)));
      const scale = Math.min(plotW / w, plotH / h); // pixels a degree of latitude
      return {
        m, narrow, width, height: plotH + m.top + m.bottom, plotW, plotH, scale,
        x: long => m.left + plotW / 2 + (long - (west + east) / 2) * squeeze * scale,
        y: lat => m.top + plotH / 2 - (lat - (south + north) / 2) * scale,
      };
    }

    // step is a round number of degrees that is at least so many pixels wide.
    function step(pixels, scale) {
      const least = pixels / scale, ten = 10 ** Math.floor(Math.log10(least));
      return [1, 2, 5, 10].map(f => f * ten).find(s => s >= least * .999);
    }

    // label writes degrees with as many decimals as the step between them needs.
    const label = (deg, s, plus, minus) =>
      Math.abs(deg).toFixed(Math.max(0, -Math.floor(Math.log10(s) + 1e-9))) + '°' + (deg < 0 ? minus : plus);
    const stepY = v => step(v.narrow ? 60 : 80, v.scale);

    // fit lays out twice: how wide the labels at the left are depends on the scale, and little the other way round.
    function fit(g) {
      g.font = font;
      margin = 48;
      const v = layout(), s = stepY(v);
      margin = Math.ceil(Math.max(...[south, north].map(deg => g.measureText(label(deg, s, 'N', 'S')).width))) + 9;
      return layout();
    }

    function graticule(g, v, ink) {
      const { m } = v;
      g.lineWidth = 1; g.strokeStyle = ink.grid; g.fillStyle = ink.quiet;
      g.font = font;
      const sx = step(v.narrow ? 78 : 110, v.scale * squeeze), sy = stepY(v);
      const west0 = (west + east) / 2 - v.plotW / 2 / v.scale / squeeze, east0 = west + east - west0;
      const south0 = (south + north) / 2 - v.plotH / 2 / v.scale, north0 = south + north - south0;
      g.textAlign = 'center'; g.textBaseline = 'top';
      for (let k = Math.ceil(west0 / sx); k * sx <= east0; k++) {
        const x = Math.round(v.x(k * sx)) + .5;
        g.beginPath(); g.moveTo(x, m.top); g.lineTo(x, m.top + v.plotH); g.stroke();
        const text = label(k * sx, sx, 'E', 'W'), w = g.measureText(text).width / 2;
        if (x - w > m.left - 10 && x + w < v.width) g.fillText(text, x, m.top + v.plotH + 7);
      }
      g.textAlign = 'right'; g.textBaseline = 'middle';
      for (let k = Math.ceil(south0 / sy); k * sy <= north0; k++) {
        const y = Math.round(v.y(k * sy)) + .5;
        g.beginPath(); g.moveTo(m.left, y); g.lineTo(m.left + v.plotW, y); g.stroke();
        if (y > m.top + 6 && y < m.top + v.plotH - 4) g.fillText(label(k * sy, sy, 'N', 'S'), m.left - 6, y);
      }
      g.strokeStyle = ink.line;
      g.strokeRect(m.left + .5, m.top + .5, v.plotW - 1, v.plotH - 1);
    }

    // scaleBar draws a round number of metres.
    function scaleBar(g, v, ink) {
      const perMetre = v.scale / 111320, metres = step(v.narrow ? 60 : 90, perMetre), length = metres * perMetre;
      const text = metres >= 1000 ? metres / 1000 + ' km' : metres + ' m';
      const x = v.m.left + v.plotW - 14 - length, y = v.m.top + v.plotH - 12;
      g.fillStyle = ink.card; g.globalAlpha = .85;
      g.fillRect(x - 8, y - 22, length + 16, 30);
      g.globalAlpha = 1; g.strokeStyle = ink.ink; g.fillStyle = ink.ink; g.lineWidth = 1.5;
      g.beginPath(); g.moveTo(x, y - 5); g.lineTo(x, y); g.lineTo(x + length, y); g.lineTo(x + length, y - 5); g.stroke();
      g.textAlign = 'center'; g.textBaseline = 'bottom';
      g.fillText(text, x + length / 2, y - 4);
    }

    // sprite is one dot, drawn beforehand.
    function sprite(colour, r, ratio) {
      const c = document.createElement('canvas'), size = Math.ceil(2 * r * ratio) + 2;
      c.width = c.height = size;
      const g = c.getContext('2d');
      g.fillStyle = colour;
      g.beginPath(); g.arc(size / 2, size / 2, r * ratio, 0, 7); g.fill();
      return c;
    }

    // drawDots draws each request. Many dots are small and let those beneath them shine through.
    function drawDots(g, v, colour, ratio) {
      const crowd = spots.length / (v.plotW * v.plotH) * 1000;
      const r = crowd < 2 ? 3.4 : crowd < 8 ? 2.6 : 2;
      const dots = data.classes.map(name => sprite(colour(name.toLowerCase()), r, ratio)), size = dots[0].width / ratio;
      g.globalAlpha = crowd < 2 ? .9 : crowd < 8 ? .8 : .65;
      for (const s of spots) g.drawImage(dots[at(s.i, 4)], s.x - size / 2, s.y - size / 2, size, size);
      g.globalAlpha = 1;
      cells = new Map();
      spots.forEach((s, j) => {
        const key = (s.x >> 4) + ',' + (s.y >> 4);
        cells.has(key) ? cells.get(key).push(j) : cells.set(key, [j]);
      });
    }

    // dense reports whether dots would hide each other.
    function dense() {
      const taken = new Set();
      for (const s of spots) taken.add((s.x / 3 | 0) * 4096 + (s.y / 3 | 0));
      return spots.length > 2000 && spots.length > taken.size * 2.2;
    }

    // hexagon finds the field in which a spot lies: rows of hexagons with a corner at the top.
    function hexagon(x, y, r) {
      const dx = r * Math.sqrt(3), dy = r * 1.5;
      const py = y / dy, j0 = Math.round(py), px = x / dx - (j0 & 1) / 2, i0 = Math.round(px);
      let i = i0, j = j0;
      if (Math.abs(py - j0) * 3 > 1) {
        const i1 = i0 + (px < i0 ? -1 : 1) / 2, j1 = j0 + (py < j0 ? -1 : 1);
        if ((px - i0) ** 2 + (py - j0) ** 2 > (px - i1) ** 2 + (py - j1) ** 2) { i = i1 + (j0 & 1 ? 1 : -1) / 2; j = j1; }
      }
      return { key: i + ',' + j, x: (i + (j & 1) / 2) * dx, y: j * dy };
    }

    // steps divides counts up to most into at most five classes that begin with round numbers: 1, 60, 200, 500, 1000.
    function steps(most) {
      const low = [1];
      for (let k = 1; k < 5; k++) {
        const v = most * (k / 5) ** 2, ten = 10 ** Math.floor(Math.log10(v)), round = Math.round(v / ten) * ten;
        if (round > low.at(-1)) low.push(round);
      }
      return low;
    }

    // drawFields shades hexagons by the number of requests in them.
    function drawFields(g, v, colour) {
      const r = v.narrow ? 7 : 9, hexes = new Map();
      for (const s of spots) {
        const h = hexagon(s.x, s.y, r);
        if (!hexes.has(h.key)) hexes.set(h.key, { ...h, counts: data.classes.map(() => 0), sum: 0 });
        const f = hexes.get(h.key);
        f.counts[at(s.i, 4)]++; f.sum++;
      }
      const low = steps([...hexes.values()].reduce((a, f) => Math.max(a, f.sum), 1));
      const shade = k => .16 + .84 * (low.length > 1 ? k / (low.length - 1) : 1);
      const name = shown.size === 1 ? data.classes[[...shown][0]].toLowerCase() : 'dense';
      g.fillStyle = colour(name);
      for (const f of hexes.values()) {
        g.globalAlpha = shade(low.findLastIndex(v => f.sum >= v));
        g.beginPath();
        for (let k = 0; k < 6; k++) g.lineTo(f.x + (r - .5) * Math.sin(k * Math.PI / 3), f.y - (r - .5) * Math.cos(k * Math.PI / 3));
        g.fill();
      }
      g.globalAlpha = 1;
      fields = { r, hexes };
      low.forEach((v, k) => {
        const li = document.createElement('li'), box = document.createElement('i');
        box.style.cssText = `background:var(--${name});opacity:${shade(k)}`;
        li.append(box, (k + 1 === low.length ? v + ' or more' : low[k + 1] - v > 1 ? v + ' to ' + (low[k + 1] - 1) : v) + '');
        $('scale').append(li);
      });
    }

    function draw() {
      const g = canvas.getContext('2d'), v = view0 = fit(g), ratio = Math.min(devicePixelRatio || 1, 3);
      canvas.style.height = v.height + 'px';
      canvas.width = Math.round(v.width * ratio); canvas.height = Math.round(v.height * ratio);
      const css = getComputedStyle(document.documentElement), colour = name => css.getPropertyValue('--' + name).trim();
      const ink = { grid: colour('grid'), line: colour('line'), quiet: colour('quiet'), ink: colour('ink'), card: colour('card') };
      g.scale(ratio, ratio);
      graticule(g, v, ink);
      spots = []; cells = new Map(); fields = null;
      leave();
      for (const i of order) {
        if (!shown.has(at(i, 4)) || pick.value !== '' && at(i, 3) !== +pick.value) continue;
        spots.push({
          i, x: v.x(west + (east - west) * at(i, 0) / 65535), y: v.y(south + (north - south) * at(i, 1) / 65535),
        });
      }
      $('scale').replaceChildren();
      g.save();
      g.beginPath(); g.rect(v.m.left, v.m.top, v.plotW, v.plotH); g.clip();
      dense() ? drawFields(g, v, colour) : drawDots(g, v, colour, ratio);
      g.restore();
      scaleBar(g, v, ink);
      $('scale').hidden = !fields;
      $('drawn').textContent = spots.length.toLocaleString('en') + (spots.length === 1 ? ' request is' : ' requests are') + ' on the map'
        + (fields ? ', more than dots could show: each hexagon is shaded by how many it has.' : ', each a dot.');
      canvas.setAttribute('aria-label', 'Map. ' + $('drawn').textContent + ' The table below it says where most of them are.');
    }

    // nearest finds the dot under the pointer, and how many lie at the same spot.
    function nearest(x, y) {
      let best = null, far = 14, same = 0;
      const near = [];
      for (let cx = (x >> 4) - 1; cx <= (x >> 4) + 1; cx++) for (let cy = (y >> 4) - 1; cy <= (y >> 4) + 1; cy++) near.push(...(cells.get(cx + ',' + cy) || []));
      for (const j of near) {
        const d = Math.hypot(spots[j].x - x, spots[j].y - y);
        if (d < far) { far = d; best = spots[j]; }
      }
      if (best) for (const j of near) if (Math.hypot(spots[j].x - best.x, spots[j].y - best.y) < 1) same++;
      return best && { ...best, same: same - 1 };
    }
    const mark = (x, y, size) => {
      ring.hidden = false;
      Object.assign(ring.style, { left: x + 'px', top: y + 'px', width: size + 'px', height: size + 'px' });
    };
    const point = e => {
      const r = canvas.getBoundingClientRect(), x = e.clientX - r.left, y = e.clientY - r.top;
      if (fields) {
        const f = fields.hexes.get(hexagon(x, y, fields.r).key);
        if (!f) return leave();
        mark(f.x, f.y, 2 * fields.r + 4);
        return showTip(e.clientX, e.clientY, f.sum.toLocaleString('en') + (f.sum === 1 ? ' request' : ' requests'),
          data.classes.map((c, k) => f.counts[k] && f.counts[k].toLocaleString('en') + ' ' + c.toLowerCase()).filter(Boolean).join(', '));
      }
      const s = nearest(x, y);
      if (!s) return leave();
      mark(s.x, s.y, 14);
      const day = at(s.i, 2) && new Date((data.first + at(s.i, 2) - 1) * 864e5)
        .toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
      showTip(e.clientX, e.clientY, data.services[at(s.i, 3)], [data.classes[at(s.i, 4)], day].filter(Boolean).join(', '),
        data.ids[s.i], s.same > 0 && `and ${s.same} more at this place`);
    };
    canvas.addEventListener('pointermove', point);
    canvas.addEventListener('pointerdown', point);
    canvas.addEventListener('pointerleave', leave);

    for (const b of document.querySelectorAll('.toggle')) b.addEventListener('click', () => {
      const on = b.getAttribute('aria-pressed') !== 'true', k = data.classes.findIndex(c => c.toLowerCase() === b.dataset.class);
      b.setAttribute('aria-pressed', on);
      on ? shown.add(k) : shown.delete(k);
      draw();
    });
    pick.addEventListener('change', draw);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
    new ResizeObserver(() => { if (!view0 || canvas.clientWidth !== view0.width) draw(); }).observe(canvas);
    draw();
  }

  weeks();
  map();
})();
