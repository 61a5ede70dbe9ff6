// A run, a step or a job: the tree, the log, and the seconds that go by.
import { startCopying } from "../copy.js";
import { startLog } from "../log-tail.js";
import { startTree } from "../run-tree.js";
import { startTicking } from "../ticking.js";

startCopying();
startTicking();

const tree = document.querySelector("#tree");
if (tree) startTree(tree);

const log = document.querySelector("#log");
if (log) startLog(log, document.querySelector("#follow"));
