// One event stream for all tabs of this browser (a SharedWorker). Tabs come and go; the stream stays
// as long as one of them lives. Messages to tabs: {type: "ready"|"change"|"down"|"refused", data}.
"use strict";

const ports = new Set();
let stream = null;
let open = false;
let retry = null;

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function connect() {
  clearTimeout(retry);
  if (stream) stream.close();
  stream = new EventSource("/live/");
  stream.addEventListener("ready", () => {
    open = true;
    tell({ type: "ready" });
  });
  stream.addEventListener("change", (event) => tell({ type: "change", data: event.data }));
  stream.onerror = () => {
    open = false;
    const refused = stream.readyState === EventSource.CLOSED; // an answer that is no stream: not let in
    tell({ type: refused ? "refused" : "down" });
    if (refused) retry = setTimeout(connect, 15000);
  };
}

self.onconnect = (event) => {
  const port = event.ports[0];
  ports.add(port);
  port.onmessage = (message) => {
    if (message.data === "bye") ports.delete(port);
    if (message.data === "again") connect(); // the page has renewed the cookie that lets us in
  };
  if (open) port.postMessage({ type: "ready" });
  else if (!stream || stream.readyState === EventSource.CLOSED) connect();
};
