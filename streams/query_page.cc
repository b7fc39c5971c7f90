#include "streams/query_server.h"

namespace leat {

const std::string_view kQueryPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Leat</title>
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
  header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; }
  h1 { font-size: 1.4rem; margin: 0; }
  .state { font-size: .85rem; border: 1px solid var(--line); border-radius: 1rem; padding: .1rem .7rem; }
  form { display: flex; gap: .5rem; margin: 1.2rem 0; flex-wrap: wrap; }
  input, select { font: inherit; padding: .3rem .5rem; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
  td.value { font-family: ui-monospace, monospace; text-align: right; }
  th.value { text-align: right; }
  tr.new td { background: color-mix(in srgb, mediumseagreen 22%, transparent); }
  #note { color: color-mix(in srgb, currentColor 65%, transparent); font-size: .9rem; }
</style>
</head>
<body>
<header><h1 id="name">Leat</h1><span class="state" id="state"></span><span id="note"></span></header>
<form onsubmit="return false">
  <select id="store" aria-label="store"></select>
  <input id="key" placeholder="key (all)" aria-label="key">
  <label><input type="checkbox" id="newest" checked> newest windows first</label>
</form>
<table><thead id="head"></thead><tbody id="rows"></tbody></table>
<script>
const at = id => document.getElementById(id);
const time = ms => new Date(ms).toISOString().replace('T', ' ').replace(/\.000Z$|Z$/, '');
const text = value => typeof value === 'string' ? value : JSON.stringify(value);
const most = 5000;
let before = new Map(), shown = '';
async function get(path) { const answer = await fetch(path); return answer.json(); }
function cell(row, content, kind = '') {
  const td = row.insertCell();
  td.textContent = content; td.className = kind;
}
async function refresh() {
  try {
    const app = await get('app');
    at('name').textContent = app.application_id; at('state').textContent = app.state;
    if (at('store').options.length !== app.stores.length)
      at('store').replaceChildren(...app.stores.map(name => new Option(name)));
    const store = at('store').value;
    if (!store) { at('note').textContent = 'this topology has no stores'; return; }
    const key = at('key').value;
    const only = key ? '&key=' + encodeURIComponent(key) : '';
    const answer = await get('stores/' + encodeURIComponent(store) + '?limit=' + most + only);
    if (answer.error) { at('note').textContent = answer.error; return; }
    const windowed = answer.rows.some(row => row.window);
    if (windowed && at('newest').checked)
      answer.rows.sort((a, b) => b.window[0] - a.window[0] || (b.value > a.value ? 1 : -1));
    if (shown !== store + key) before = new Map();
    at('head').innerHTML =
      '<tr><th>key</th>' + (windowed ? '<th>window (UTC)</th>' : '') + '<th class="value">value</th></tr>';
    const body = document.createElement('tbody'), now = new Map(); body.id = 'rows';
    for (const entry of answer.rows.slice(0, 200)) {
      const id = JSON.stringify([entry.key, entry.window]), value = text(entry.value), row = body.insertRow();
      cell(row, text(entry.key));
      if (windowed) cell(row, time(entry.window[0]) + ' to ' + time(entry.window[1]).slice(11));
      cell(row, value, 'value');
      if (shown === store + key && before.get(id) !== value) row.className = 'new';
      now.set(id, value);
    }
    before = now; shown = store + key;
    at('rows').replaceWith(body);
    at('note').textContent = answer.rows.length + (answer.rows.length >= most ? ' rows or more' : ' rows') +
      (answer.rows.length > 200 ? ', 200 shown' : '') +
      (answer.unreachable ? ', not reached: ' + answer.unreachable.join(', ') : '');
  } catch (error) {
    at('state').textContent = 'not running'; at('note').textContent = 'the application does not answer';
  }
}
refresh(); setInterval(refresh, 1000);
</script>
</body>
</html>
)html";

}  // namespace leat
