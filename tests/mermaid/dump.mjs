// Reads a JSON list of diagrams on stdin; writes for each what Mermaid's parser makes of it, or its error.
import { JSDOM } from "jsdom";

const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");
mermaid.initialize({ startOnLoad: false, securityLevel: "loose" });

const flowchart = (db) => ({
  nodes: [...db.getVertices().values()].map((v) => ({ id: v.id, label: v.text ?? v.id, shape: v.type ?? "" })),
  edges: db.getEdges().map((e) => ({ source: e.start, target: e.end, label: e.text ?? "", type: e.type, stroke: e.stroke })),
  groups: db.getSubGraphs().map((g) => ({ id: g.id, title: g.title, members: g.nodes })),
});

const architecture = (db) => ({
  nodes: db.getNodes().map((n) => ({ id: n.id, label: n.title ?? n.id, shape: n.icon ?? n.type })),
  edges: db.getEdges().map((e) => ({
    source: e.lhsId, target: e.rhsId, label: e.title ?? "", heads: [Boolean(e.lhsInto), Boolean(e.rhsInto)],
  })),
  groups: db.getGroups().map((g) => ({
    id: g.id, title: g.title ?? g.id, members: [...db.getNodes(), ...db.getGroups()].filter((n) => n.in === g.id).map((n) => n.id),
  })),
});

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const answers = [];
for (const text of JSON.parse(Buffer.concat(chunks).toString("utf8"))) {
  try {
    const { type, db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    answers.push(type.startsWith("flowchart") ? flowchart(db) : type === "architecture" ? architecture(db) : { type });
  } catch (error) {
    answers.push({ error: String(error.message ?? error) });
  }
}
process.stdout.write(JSON.stringify(answers));
