import { words } from "../../words/zh/shell.js";
import { html } from "../html.js";
import { Empty } from "../parts/empty.js";

export function Settings() {
  return html`<main class="body"><${Empty} now=${words.not_yet_title} /></main>`;
}
