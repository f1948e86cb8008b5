/* Keyboard: single keys while nobody types; hints stand at the buttons, `?` shows them all. */
(function () {
  'use strict';
  var all = window.casework.all;
  var COOKIE = 'casework_keys';
  var going = 0;

  function off() { return document.cookie.split('; ').indexOf(COOKIE + '=off') >= 0; }
  function visible(element) { return element.getClientRects().length > 0; }
  function typing(element) {
    return element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName) ||
      (element.tagName === 'INPUT' && !/^(checkbox|radio|button|submit)$/.test(element.type));
  }
  function rows() { return all('[data-row]').filter(visible); }
  function current() { return rows().findIndex(function (row) { return row.classList.contains('sel'); }); }
  function choose(index) {
    var list = rows();
    if (!list.length) { return; }
    var row = list[Math.max(0, Math.min(index, list.length - 1))];
    list.forEach(function (other) { other.classList.toggle('sel', other === row); });
    var link = row.querySelector('a.title, a, button');
    if (link) { link.focus({ preventScroll: true }); }
    row.scrollIntoView({ block: 'nearest' });
  }
  function press(element) {
    if (typing(element)) { element.focus(); } else { element.click(); }
  }

  var KEYS = {
    '/': function () { var find = document.querySelector('[data-find]'); if (find && visible(find)) { find.focus(); find.select(); } },
    '?': function () { var sheet = document.getElementById('keys'); if (sheet && !sheet.open) { sheet.showModal(); } },
    j: function () { choose(current() + 1); },
    k: function () { choose(current() < 0 ? 0 : current() - 1); },
    x: function () {
      var row = rows()[current()];
      var box = row && row.querySelector('input[type=checkbox]');
      if (box) { box.click(); }
    },
    f: function () {
      var facets = document.getElementById('facets');
      if (!facets) { return; }
      facets.classList.add('open');
      var first = facets.querySelector('input[type=search], a, input');
      if (first) { first.focus(); }
    },
    u: function () { var undo = document.querySelector('[data-undo]'); if (undo) { undo.click(); } },
    Enter: function () {
      var row = rows()[current()];
      var link = row && row.querySelector('a.title, a');
      if (link) { link.click(); }
    }
  };

  // What the search field suggests: arrows walk it, Esc or a click elsewhere puts it away.
  var find = document.querySelector('[data-find]');
  var hits = document.getElementById('find-hits');
  function suggested() { return all('#find-hits a').filter(visible); }
  if (find && hits) {
    find.form.addEventListener('keydown', function (event) {
      if (event.isComposing) { return; }
      var links = suggested();
      var place = links.indexOf(document.activeElement);
      if (event.key === 'Escape' && links.length) {
        hits.textContent = '';
        find.focus();
        event.preventDefault();
      } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && links.length) {
        event.preventDefault();
        place += event.key === 'ArrowDown' ? 1 : -1;
        if (place < 0) { find.focus(); } else { links[Math.min(place, links.length - 1)].focus(); }
      }
    });
    document.addEventListener('click', function (event) {
      if (!find.form.contains(event.target)) { hits.textContent = ''; }
    });
  }

  document.addEventListener('keydown', function (event) {
    var element = event.target;
    if (event.isComposing || event.altKey) { return; }
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      var main = document.querySelector('[data-save]');
      var form = element.form || (main && main.form);
      if (form) { event.preventDefault(); form.requestSubmit(main && main.form === form ? main : undefined); }
      return;
    }
    if (event.ctrlKey || event.metaKey) { return; }
    if (event.key === 'Escape') {
      all('details[data-menu][open]').forEach(function (menu) { menu.removeAttribute('open'); menu.querySelector('summary').focus(); });
      all('.facets.open, .side.open').forEach(function (box) { box.classList.remove('open'); });
      if (typing(element)) { element.blur(); }
      return;
    }
    if (typing(element) || off() || document.querySelector('dialog[open]')) { return; }
    if (event.key === 'Enter' && /^(A|BUTTON|SUMMARY|INPUT)$/.test(element.tagName)) { return; }
    if (going && Date.now() - going < 1500) {
      going = 0;
      var place = event.key === 'h' ? '/' : null;
      var link = document.querySelector('[data-go="' + CSS.escape(event.key) + '"]');
      if (link) { place = link.href; }
      if (place) { event.preventDefault(); location.assign(place); }
      return;
    }
    if (event.key === 'g') { going = Date.now(); return; }
    // A narrow screen shows another button for the same key than a wide one.
    var own = all('[data-key="' + CSS.escape(event.key) + '"]').filter(visible)[0];
    if (own) { event.preventDefault(); press(own); return; }
    if (Object.prototype.hasOwnProperty.call(KEYS, event.key)) { event.preventDefault(); KEYS[event.key](); }
  });

  document.addEventListener('click', function (event) {
    if (event.target.closest && event.target.closest('[data-keys]')) {
      event.preventDefault();
      KEYS['?']();
    }
  });
  var toggle = document.querySelector('[data-keys-off]');
  if (toggle) {
    toggle.checked = off();
    toggle.addEventListener('change', function () {
      document.cookie = COOKIE + '=' + (toggle.checked ? 'off' : 'on') + ';path=/;max-age=31536000;samesite=lax';
    });
  }
}());
