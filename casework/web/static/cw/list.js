/* The list: ticking rows, the bulk bar, the filter panel on narrow screens. */
(function () {
  'use strict';
  var all = window.casework.all;
  var target = window.casework.target;

  function boxes(form) { return all('input[name=pk]', form); }
  function refresh(form) {
    var ticked = boxes(form).filter(function (box) { return box.checked; });
    var whole = form.querySelector('input[name=all]');
    var bar = form.querySelector('[data-bulk-bar]');
    if (!bar) { return; }
    if (ticked.length < boxes(form).length) { whole.value = ''; }
    bar.hidden = ticked.length === 0;
    var page = boxes(form).length === ticked.length && ticked.length > 0;
    var said = bar.querySelector('[data-bulk-count]');
    said.textContent = (whole.value ? said.dataset.whole : page ? said.dataset.page : said.dataset.some).replace('{n}', ticked.length.toLocaleString('en'));
    var more = bar.querySelector('[data-bulk-all]');
    if (more) { more.hidden = !page || Boolean(whole.value); }
    var head = form.querySelector('[data-tick-all]');
    if (head) { head.checked = page; head.indeterminate = ticked.length > 0 && !page; }
    boxes(form).forEach(function (box) { box.closest('tr').classList.toggle('ticked', box.checked); });
  }

  document.addEventListener('change', function (event) {
    var form = event.target.closest('form[data-bulk]');
    if (!form) { return; }
    if (event.target.matches('[data-tick-all]')) {
      boxes(form).forEach(function (box) { box.checked = event.target.checked; });
    }
    refresh(form);
  });

  document.addEventListener('click', function (event) {
    var form = event.target.closest ? event.target.closest('form[data-bulk]') : null;
    if (form && target(event, '[data-bulk-all]')) {
      form.querySelector('input[name=all]').value = '1';
      refresh(form);
    }
    if (form && target(event, '[data-bulk-none]')) {
      boxes(form).forEach(function (box) { box.checked = false; });
      form.querySelector('input[name=all]').value = '';
      refresh(form);
    }
    if (target(event, '[data-facets]')) {
      var facets = document.getElementById('facets');
      if (facets) {
        event.preventDefault();
        facets.classList.toggle('open');
        var first = facets.querySelector('a, input');
        if (first) { first.focus(); }
      }
    }
  });

  document.addEventListener('htmx:afterSwap', function () { all('form[data-bulk]').forEach(refresh); });
  all('form[data-bulk]').forEach(refresh);
}());
