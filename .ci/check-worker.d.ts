// What the server writes before the text of check-worker.js.
declare const keep: string[];
