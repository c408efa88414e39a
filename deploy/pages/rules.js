// SPDX-License-Identifier: Apache-2.0
// Rules that deploy/check-pages runs inside a page. Each gives back sentences about what is wrong, none when all is well.

(() => {
  const text = (node) => (node.textContent ?? "").replace(/\s+/g, " ").trim();
  const short = (words) => (words.length > 48 ? words.slice(0, 47) + "…" : words);

  function name(element) {
    const parts = [element.localName];
    if (element.id) parts.push("#" + element.id);
    else if (element.classList.length) parts.push("." + [...element.classList].join("."));
    const said = element.getAttribute("name") ?? element.getAttribute("href");
    if (said) parts.push(`[${said.replace(/form=[^&]*/, "form=…")}]`);
    const words = text(element);
    return parts.join("") + (words && !["select", "main", "body"].includes(element.localName) ? ` “${short(words)}”` : "");
  }

  // Clipped to nothing, for those who hear the page.
  const isUnseen = (element) => element.closest(".unseen") !== null
    || getComputedStyle(element).clipPath === "inset(50%)" || element.closest("thead")?.getBoundingClientRect().width === 1;
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !isUnseen(element);

  function scroller(element) {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth) return at;
    }
    return null;
  }

  // Every shown text with the boxes of its lines.
  function texts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.nodeValue.trim() || element.closest("script, style, option, optgroup, noscript, svg")) continue;
      if (!isShown(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
      if (boxes.length && boxes.some((box) => box.right > 0)) found.push({ element, words: text(node), boxes });
    }
    return found;
  }

  // ---- colours, as WCAG 2.2 computes them

  function rgba(value) {
    const parts = value.match(/^rgba?\(([^)]*)\)/)?.[1].split(/[ ,/]+/).filter(Boolean).map(parseFloat);
    if (parts) return [parts[0], parts[1], parts[2], parts[3] ?? 1];
    const wide = value.match(/^color\(srgb ([^)]*)\)/)?.[1].split(/[ /]+/).filter(Boolean).map(parseFloat);
    if (wide) return [wide[0] * 255, wide[1] * 255, wide[2] * 255, wide[3] ?? 1];
    throw new Error("colour " + value);
  }
  const over = (top, ground) => [0, 1, 2].map((place) => top[place] * top[3] + ground[place] * (1 - top[3])).concat(1);
  function luminance(color) {
    const [red, green, blue] = color.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
  function contrast(one, other) {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }
  const canvas = () => {
    const probe = document.createElement("div");
    probe.style.cssText = "";
    document.body.append(probe);
    probe.setAttribute("hidden", "");
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches
      && getComputedStyle(document.documentElement).colorScheme.includes("dark");
    probe.remove();
    return isDark ? [18, 18, 18, 1] : [255, 255, 255, 1];
  };
  function ground(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] > 0) layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), canvas());
  }
  function opacity(element) {
    let share = 1;
    for (let at = element; at; at = at.parentElement) share *= parseFloat(getComputedStyle(at).opacity);
    return share;
  }

  function colours() {
    const problems = [];
    const look = (element, words, color) => {
      const style = getComputedStyle(element);
      const below = ground(element);
      const front = rgba(color);
      front[3] *= opacity(element);
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const found = contrast(over(front, below), below);
      const least = isLarge ? 3 : 4.5;
      if (found < least) problems.push(`contrast ${found.toFixed(2)} < ${least}: ${name(element)} “${short(words)}”`);
    };
    for (const { element, words } of texts()) {
      if (!element.closest(":disabled")) look(element, words, getComputedStyle(element).color);
    }
    for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (!isShown(field) || field.disabled) continue;
      const style = getComputedStyle(field);
      if (!["checkbox", "radio"].includes(field.type)) look(field, field.value || "value", style.color);
      if (field.placeholder) look(field, field.placeholder, getComputedStyle(field, "::placeholder").color);
      if (["checkbox", "radio"].includes(field.type)) continue;
      // Where a field is must be seen (1.4.11): by its border, or by its ground against what is around it.
      const around = ground(field.parentElement);
      const border = parseFloat(style.borderTopWidth) > 0 ? contrast(over(rgba(style.borderTopColor), around), around) : 1;
      const inside = contrast(ground(field), around);
      if (Math.max(border, inside) < 3) problems.push(`border of a field ${border.toFixed(2)} < 3: ${name(field)}`);
    }
    for (const bar of document.querySelectorAll(".shape")) {
      if (!isShown(bar)) continue;
      const found = contrast(rgba(getComputedStyle(bar).color), ground(bar.parentElement));
      if (found < 3) problems.push(`mark ${found.toFixed(2)} < 3: ${name(bar.parentElement)}`);
    }
    return problems;
  }

  // ---- layout

  function layout() {
    const problems = [];
    const root = document.documentElement;
    // A phone's innerWidth grows with what sticks out.
    const width = root.clientWidth;
    if (root.scrollWidth > root.clientWidth) problems.push(`the page is ${root.scrollWidth} px wide in ${root.clientWidth}`);
    for (const element of document.body.querySelectorAll("*")) {
      if (!isShown(element) || element.closest("svg, canvas, .dygraph-axis-label, option, optgroup, .skip")) continue;
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      if ((box.right > width + 0.5 || box.left < -0.5) && !scroller(element)) {
        problems.push(`sticks out (${Math.round(box.left)} to ${Math.round(box.right)} of ${width}): ${name(element)}`);
      }
      const style = getComputedStyle(element);
      const isClipping = style.overflowX !== "visible" && !/auto|scroll/.test(style.overflowX);
      if (isClipping && style.display !== "inline" && text(element) && !["select", "input", "textarea"].includes(element.localName)
        && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)) {
        problems.push(`text is cut off: ${name(element)}`);
      }
      // A scrolled box must be reached by keyboard.
      if (/auto|scroll/.test(style.overflowX + style.overflowY) && element.tabIndex < 0
        && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1)
        && !element.querySelector("a[href], button, input, select, textarea, [tabindex]")
        && !["select", "textarea", "input"].includes(element.localName)) {
        problems.push(`scrolls, but not by keyboard: ${name(element)}`);
      }
      if (element.matches("button, a[href], summary, th, td, h1, h2, h3, label, legend, .state, .severity")) {
        const range = document.createRange();
        range.selectNodeContents(element);
        const inner = range.getBoundingClientRect();
        if (style.display !== "inline" && inner.width > 0 && (inner.right > box.right + 1.5 || inner.left < box.left - 1.5)
          && style.position !== "absolute" && !element.querySelector("ul, .unseen")) {
          problems.push(`text leaves its box: ${name(element)}`);
        }
      }
      if (element.localName === "select" && element.selectedOptions.length) {
        const pen = document.createElement("canvas").getContext("2d");
        pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
        const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        const wanted = pen.measureText(text(element.selectedOptions[0])).width;
        if (wanted > room + 2) problems.push(`choice is cut off (${Math.round(wanted)} px in ${Math.round(room)}): ${name(element)} “${text(element.selectedOptions[0])}”`);
      }
    }
    // A word is broken only where no line has room for it.
    for (const { element, words } of texts()) {
      if (element.closest(".note, code") || scroller(element)) continue;
      for (const node of element.childNodes) {
        if (node.nodeType !== Node.TEXT_NODE) continue;
        for (const found of node.nodeValue.matchAll(/(?<![\w\-/.])[A-Za-z]{3,20}(?![\w\-/.])/g)) {
          const range = document.createRange();
          range.setStart(node, found.index);
          range.setEnd(node, found.index + found[0].length);
          const tops = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
          if (tops.size > 1) problems.push(`a word is broken: ${found[0]} in ${name(element)}`);
        }
      }
    }
    // Texts over texts.
    const lines = texts().filter(({ element }) => !element.closest(".masthead, .banner, .skip, .dygraph-axis-label, .estate-choice ul"))
      .flatMap(({ element, words, boxes }) => boxes.map((box) => ({ element, words, box }))).filter(({ element }) => !scroller(element) && !/auto|scroll/.test(getComputedStyle(element.closest(".values-scroll") ?? element).overflowY));
    lines.sort((a, b) => a.box.top - b.box.top);
    for (let one = 0; one < lines.length; one += 1) {
      for (let other = one + 1; other < lines.length && lines[other].box.top < lines[one].box.bottom; other += 1) {
        const [a, b] = [lines[one], lines[other]];
        if (a.element === b.element) continue;
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (across > 2 && down > 5) problems.push(`“${short(a.words)}” lies over “${short(b.words)}”`);
      }
    }
    return problems;
  }

  // ---- how large a target is (2.5.8 and 2.5.5)

  const interactive = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  function targetBox(element) {
    const after = getComputedStyle(element, "::after");
    if (element.localName === "a" && after.content !== "none" && after.position === "absolute") {
      for (let at = element.parentElement; at; at = at.parentElement) {
        if (getComputedStyle(at).position !== "static") return at.getBoundingClientRect();
      }
    }
    const label = element.matches("input[type=checkbox], input[type=radio]") ? element.closest("label") : null;
    return (label ?? element).getBoundingClientRect();
  }
  // A link within a sentence may be as high as its line.
  function isInSentence(element) {
    if (element.localName !== "a" || getComputedStyle(element).display !== "inline") return false;
    const block = element.closest("p, li, td, th, dd, figcaption");
    return block !== null && text(block).length > text(element).length + 1;
  }

  function targets(least) {
    const problems = [];
    const all = [...document.querySelectorAll(interactive)].filter((element) => isShown(element) && !element.matches(".skip, .values-scroll, .wide"));
    for (const element of all) {
      const box = targetBox(element);
      if (isInSentence(element)) continue;
      const wanted = element.matches(".cover") ? 24 : least;
      if (box.width + 0.5 >= wanted && box.height + 0.5 >= wanted) continue;
      problems.push(`target ${Math.round(box.width)} × ${Math.round(box.height)} < ${wanted}: ${name(element)}`);
    }
    return problems;
  }

  // ---- what is heard instead of seen

  function structure() {
    const problems = [];
    const all = (selector) => [...document.querySelectorAll(selector)];
    if (!document.documentElement.lang) problems.push("no lang");
    if (!document.title.trim()) problems.push("no title");
    if (!document.querySelector("meta[name=viewport]")) problems.push("no viewport");
    const first = all("h1").filter(isShown);
    if (first.length !== 1) problems.push(`${first.length} h1`);
    let before = 0;
    for (const heading of all("h1, h2, h3, h4, h5, h6").filter(isShown)) {
      const level = Number(heading.localName[1]);
      if (level > before + 1) problems.push(`h${level} after h${before}: “${short(text(heading))}”`);
      if (!text(heading)) problems.push(`empty heading: ${name(heading)}`);
      before = level;
    }
    if (all("main").length !== 1) problems.push(`${all("main").length} main`);
    for (const node of texts()) {
      if (!node.element.closest("main, header, footer, nav, [role=status], [role=alert], .skip")) {
        problems.push(`outside of every landmark: “${short(node.words)}”`);
      }
    }
    const navs = all("nav").map((nav) => nav.getAttribute("aria-label"));
    if (navs.some((label) => !label) || new Set(navs).size !== navs.length) problems.push(`names of nav: ${navs.join(", ")}`);
    for (const image of all("img")) {
      if (!image.hasAttribute("alt")) problems.push(`no alt: ${image.getAttribute("src")}`);
      if (image.complete && image.naturalWidth === 0 && image.loading !== "lazy") problems.push(`no picture: ${image.getAttribute("src")}`);
    }
    for (const picture of all("body svg")) {
      if (!picture.getAttribute("aria-label") && !picture.querySelector("title") && !picture.closest("[aria-hidden=true]")) {
        problems.push("a drawing without a name");
      }
    }
    for (const table of all("table")) {
      if (!table.querySelector("th[scope]")) problems.push(`a table without headers: ${short(text(table))}`);
      for (const cell of table.querySelectorAll("th:not([scope])")) problems.push(`a header without scope: ${name(cell)}`);
    }
    const seen = new Set();
    for (const element of all("[id]")) {
      if (seen.has(element.id)) problems.push(`id twice: ${element.id}`);
      seen.add(element.id);
    }
    for (const element of all("[aria-labelledby], [aria-describedby], label[for], [form]")) {
      for (const attribute of ["aria-labelledby", "aria-describedby", "for", "form"]) {
        const target = element.getAttribute(attribute);
        if (target && !document.getElementById(target)) problems.push(`${attribute} names nothing: ${target}`);
      }
    }
    for (const list of all("ul, ol")) {
      for (const child of list.children) {
        if (!["li", "script", "template"].includes(child.localName)) problems.push(`${child.localName} in a list: ${name(list)}`);
      }
    }
    return problems;
  }

  // ---- words

  const isHan = /\p{Script=Han}/u;
  function words() {
    const problems = [];
    const language = document.documentElement.lang;
    const spoken = texts().map(({ element, words: said }) => ({ element, said }));
    for (const element of document.querySelectorAll("[aria-label], [alt], [title], [placeholder]")) {
      for (const attribute of ["aria-label", "alt", "title", "placeholder"]) {
        if (element.getAttribute(attribute)) spoken.push({ element, said: element.getAttribute(attribute) });
      }
    }
    for (const option of document.querySelectorAll("option")) spoken.push({ element: option, said: text(option) });
    spoken.push({ element: document.documentElement, said: document.title });
    for (const { element, said } of spoken) {
      // A document names keys, addresses and words of the other language.
      if (element.closest(".document")) continue;
      if (/\{\{|\}\}|\{[a-z_]+\}/i.test(said)) problems.push(`placeholder left: “${short(said)}”`);
      if (/\b(undefined|NaN|null|nil|Optional\()/.test(said)) problems.push(`no value: “${short(said)}”`);
      // What the gateway itself notes of a ticket is in the reader's language; what a person wrote is theirs.
      const line = element.closest(".history li");
      if (line && element.closest(".note") && /^(网关|Gateway)$/.test(text(line.children[2] ?? line))) {
        const raw = said.match(language === "zh-Hans" ? /\b[a-z]{4,}\b/i : /\b[a-z]+[A-Z][a-z]+\b/);
        if (raw) problems.push(`raw note: “${short(said)}”`);
      }
      // What a setting is for names other settings.
      if (element.closest("code, .note, table.settings td:first-child")) continue;
      for (const word of said.match(/\b[a-z]+(?:_[a-z0-9]+)+\b/gi) ?? []) {
        problems.push(`raw key: “${short(word)}” in ${element.localName}`);
      }
      const spokenIn = element.closest("[lang]")?.lang ?? language;
      if (spokenIn === "zh-Hans") {
        // Three words in a row are a sentence, unless they name a thing.
        const latin = said.match(/[A-Za-z][a-z']+(?:[,;:]? [A-Za-z][a-z']*){2,}/);
        if (latin) problems.push(`English on a Chinese page: “${short(latin[0])}”`);
      } else if (isHan.test(said)) {
        problems.push(`Chinese on an English page: “${short(said)}”`);
      }
    }
    return problems;
  }

  // ---- keyboard

  const isReached = (element) => element.checkVisibility({ visibilityProperty: true }) && element.tabIndex >= 0 && !element.disabled;
  const stops = () => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]")].filter(isReached);
  function signature(element) {
    const parts = [];
    for (let at = element, up = 0; at && up < 4; at = at.parentElement, up += 1) {
      const style = getComputedStyle(at);
      parts.push([style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.borderColor, style.backgroundColor].join(" "));
    }
    return parts;
  }
  function focus(before) {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return { place: -1 };
    const place = stops().indexOf(element);
    if (place < 0) return { place: -2, name: name(element) };
    // A date has stops of its own for day, month and year.
    if (place === before) return { place, name: name(element), problems: [] };
    const problems = [];
    let ring = null;
    for (let at = element, up = 0; at && up < 5 && !ring; at = at.parentElement, up += 1) {
      const style = getComputedStyle(at);
      if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) ring = { at, color: style.outlineColor };
    }
    if (!ring) {
      const focused = signature(element);
      element.blur();
      const plain = signature(element);
      element.focus({ preventScroll: true, focusVisible: true });
      if (focused.join() === plain.join()) problems.push(`focus is not seen: ${name(element)}`);
    } else if (!/auto/.test(getComputedStyle(ring.at).outlineStyle)) {
      const found = contrast(rgba(ring.color), ground(ring.at.parentElement ?? document.body));
      if (found < 3) problems.push(`focus ring ${found.toFixed(2)} < 3: ${name(element)}`);
    }
    // Not wholly under what stays in place (2.4.11).
    const box = element.getBoundingClientRect();
    const spots = [[0.5, 0.5], [0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]]
      .map(([x, y]) => [box.left + box.width * x, box.top + box.height * y]);
    const isFree = spots.some(([x, y]) => {
      const hit = document.elementFromPoint(x, y);
      return hit && (hit === element || element.contains(hit) || hit.contains(element) || hit.closest("label")?.contains(element) || hit.closest(".card")?.contains(element));
    });
    if (!isFree) problems.push(`focus is covered or out of sight: ${name(element)}`);
    return { place, name: name(element), problems };
  }

  function open() {
    for (const details of document.querySelectorAll("details:not(.estate-choice)")) details.open = true;
    const hidden = [...document.querySelectorAll("#banner[hidden], #changed[hidden]")];
    for (const element of hidden) element.hidden = false;
    document.documentElement.classList.add("is-lost");
  }

  window.sluicePages = { layout, colours, targets, structure, words, stops: () => stops().map(name), focus, open };
})();
