/* Charts: <div class="chart" data-chart="steps|line|bars" data-source="ID" role="img" aria-label="…"></div> and a json_script
   block with that ID: {"x": [...], "series": [{"name": "…", "data": [...]}], "max": n, "mark": {"x": …, "label": "…"},
   "gap": [x1, x2], "unit": "…"}. Colours come from the tokens; the same facts stand as text beside the picture. */
(function () {
  'use strict';
  var css = getComputedStyle(document.documentElement);
  function token(name) { return css.getPropertyValue('--cw-' + name).trim(); }
  var TONES = ['ink-2', 'blue-mid', 'green-mid', 'amber-mid', 'red-mid'];

  function series(kind, facts, entry, place) {
    var colour = token(TONES[place % TONES.length]);
    var one = kind === 'bars'
      ? { type: 'bar', itemStyle: { color: place ? colour : token('line-3') }, barCategoryGap: '20%' }
      : { type: 'line', step: kind === 'steps' ? 'end' : false, symbol: 'none', lineStyle: { color: colour, width: 2 } };
    one.name = entry.name;
    one.data = entry.data;
    if (kind === 'steps' && place === 0) { one.areaStyle = { color: token('surface-3') }; }
    if (place === 0 && facts.mark) {
      one.markLine = {
        symbol: 'none', silent: true, lineStyle: { color: token('accent'), type: 'solid' },
        label: { formatter: facts.mark.label, color: token('ink-2'), position: 'end', rotate: 0 },
        data: [{ xAxis: facts.mark.x }]
      };
    }
    if (place === 0 && facts.gap) {
      one.markArea = { silent: true, itemStyle: { color: token('red-bg') }, data: [[{ xAxis: facts.gap[0] }, { xAxis: facts.gap[1] }]] };
    }
    return one;
  }

  // {"nodes": [{id, name, full, category, url}], "links": [{source, target, chance}], "categories": […]}: category 0 are
  // the round ones that can be opened. Where there are many, what is shared shows its name when pointed at.
  function graph(element, facts) {
    var tones = ['ink-2', 'amber-mid', 'blue-mid', 'green-mid', 'green-mid', 'blue-mid', 'red-mid', 'red-mid', 'amber-mid'];
    var many = facts.nodes.length > 80;
    var chart = window.echarts.init(element, null, { renderer: 'svg' });
    chart.setOption({
      animation: false,
      aria: { enabled: true },
      textStyle: { fontFamily: token('font'), color: token('ink-2'), fontSize: 12 },
      tooltip: { renderMode: 'richText', formatter: function (one) { return one.data.full || ''; } },
      series: [{
        type: 'graph', layout: 'force', roam: many ? true : 'move', draggable: true,
        force: { initLayout: 'circular', repulsion: many ? 34 : 220, edgeLength: many ? 16 : 90, gravity: many ? 0.28 : 0.12, layoutAnimation: false },
        label: { show: true, position: 'right', color: token('ink-2'), fontSize: many ? 10 : 12 },
        labelLayout: { hideOverlap: true },
        emphasis: { focus: 'adjacency', label: { show: true } },
        lineStyle: { color: token('line-3'), width: 1 },
        data: facts.nodes.map(function (node) {
          var round = node.category === 0;
          return {
            id: node.id, name: node.name, full: node.full, url: node.url, label: { show: round || !many }, symbol: round ? 'circle' : 'rect',
            symbolSize: round ? (many ? 10 : 16) : (many ? 7 : 11),
            itemStyle: { color: round ? token('surface') : token(tones[node.category]), borderColor: token(round ? 'ink' : 'surface'), borderWidth: round ? 2 : 1 }
          };
        }),
        links: facts.links.map(function (link) {
          return { source: link.source, target: link.target, lineStyle: link.chance ? { type: 'dashed', color: token('line-2') } : {} };
        })
      }]
    });
    chart.on('click', function (one) { if (one.data && one.data.url) { window.location.assign(one.data.url); } });
    window.addEventListener('resize', function () { chart.resize(); });
  }

  function draw(element) {
    var source = document.getElementById(element.getAttribute('data-source'));
    if (!source || !window.echarts) { return; }
    var facts = JSON.parse(source.textContent);
    var kind = element.getAttribute('data-chart');
    if (kind === 'graph') { graph(element, facts); return; }
    var axis = { axisLine: { lineStyle: { color: token('line-2') } }, axisTick: { show: false }, axisLabel: { color: token('ink-3'), fontSize: 12 } };
    var chart = window.echarts.init(element, null, { renderer: 'svg' });
    chart.setOption({
      animation: false,
      aria: { enabled: true },
      textStyle: { fontFamily: token('font'), color: token('ink-3'), fontSize: 12 },
      tooltip: { trigger: 'axis', renderMode: 'richText' },
      grid: { left: 8, right: 16, top: 24, bottom: 4, containLabel: true },
      xAxis: Object.assign({ type: 'category', data: facts.x, boundaryGap: kind === 'bars' }, axis),
      yAxis: {
        type: 'value', max: facts.max, name: facts.unit, minInterval: 1, nameTextStyle: { color: token('ink-3'), align: 'right' },
        splitLine: { lineStyle: { color: token('line') } }, axisLabel: { color: token('ink-3') }
      },
      series: facts.series.map(function (entry, place) { return series(kind, facts, entry, place); })
    });
    window.addEventListener('resize', function () { chart.resize(); });
  }

  document.querySelectorAll('[data-chart]').forEach(draw);
}());
