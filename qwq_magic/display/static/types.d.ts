// Types that more than one module of the view uses, for the type checker only.
//
// No module imports this file at run time: they refer to it in `@import` comments.

import type { AnswerMarkdown } from "./answer_markdown.js";
import type { ChatPage } from "./chat_page.js";
import type { LiveBatch } from "./live_batch.js";
import type { NUMBERS } from "./metric_figures.js";
import type { ReasoningText } from "./reasoning_text.js";
import type { StepTable } from "./step_table.js";
import type { TextStream } from "./text_stream.js";
import type { TurnLabels } from "./turn_labels.js";

/** Start and end in a text, in UTF-16 units. */
export type Span = [start: number, end: number];

// Jupyter, as far as the view uses it

export type MimeBundle = Record<string, unknown>;

/** The services that a host passes to renderers of final outputs; either may be missing. */
export interface Services {
  markdownParser?: MarkdownParser | null;
  latexTypesetter?: LatexTypesetter | null;
  /** Replaces the data of this output in the notebook, where that is possible. */
  save?: (data: unknown) => void;
}

export interface MarkdownParser {
  render?(markdown: string): unknown;
}

export interface LatexTypesetter {
  typeset?(node: HTMLElement): unknown;
}

/** The host's services as the view calls them, null if missing. */
export interface Host {
  parse: ((markdown: string) => Promise<string>) | null;
  typeset: ((node: HTMLElement) => unknown) | null;
}

interface RenderMime extends Services {
  getFactory?(mime: string): unknown;
}

/** A notebook's widget manager. Hosts name its renderers differently. */
export interface WidgetManager {
  get_model(id: string): Promise<WidgetModel>;
  create_view(model: WidgetModel): Promise<WidgetView>;
  renderMime?: RenderMime;
  rendermime?: RenderMime;
  _rendermime?: RenderMime;
  context?: { sessionContext?: { session?: { kernel?: { interrupt?(): unknown } | null } | null } };
}

export interface WidgetView {
  el: HTMLElement;
  remove(): void;
}

/** A widget's model on the page, with the traits of one of our panes. */
export interface WidgetModel {
  get<Name extends keyof PaneTraits>(name: Name): PaneTraits[Name];
  on(event: "msg:custom", callback: (message: KernelMessage) => void): void;
  on(event: string, callback: () => void): void;
  off(event: string, callback: (message: KernelMessage) => void): void;
  send(message: PageMessage): void;
  widget_manager: WidgetManager;
}

export type PaneKind = "status" | "reasoning" | "answer" | "saved" | "chat" | "batch" | "label";

/** The traits of all panes; `kind` decides which of them a model has. */
export interface PaneTraits {
  kind: PaneKind;
  turn_id: string;
  assets: string;
  digest: string;
  /** Of the assets: the joined modules and the style sheets. */
  source: string;
  style: string;
  /** Of the text panes. */
  text: string;
  run: number;
  steps: string;
  given: number;
  start: StartMode;
  footer: boolean;
  /** Of the status line. */
  state: TurnState;
  elapsed_s: number;
  waits_until_s: number;
  usage: unknown;
  advice: string;
  notices: unknown;
  model_name: string;
  conversation: string;
  interrupts: boolean;
  actions: string[];
  /** Of panes that show what is saved. */
  mime: string;
  data: unknown;
  /** Of the pane that takes labels. */
  labels: unknown;
  where: string;
  /** Of the chat. */
  page: ChatPageData;
  /** Of the batch. */
  batch: unknown;
}

/** From the kernel to the page. */
export type KernelMessage =
  | DeltaMessage
  | SnapshotMessage
  | { type: "stopping" }
  | { type: "page"; page: ChatPageData }
  | { type: "frame"; frame: unknown }
  | { type: "batch"; batch: unknown }
  | { type: "heard" | "refused"; id: string; text: string }
  | { type: "failed" | "labelled"; id: string }
  | { type: "saved"; bundle: MimeBundle };

/** One delta, with the records of the steps that it settled, if any. */
export type DeltaMessage = { type: "delta"; run?: number; offset: number; text: string } & (
  | { steps: string; steps_offset: number }
  | { steps?: undefined; steps_offset?: undefined }
);

export interface SnapshotMessage {
  type: "snapshot";
  run?: number;
  text: string;
  steps?: string;
}

/** From the page to the kernel. */
export type PageMessage =
  | { type: "resync" | "stop" | "renderer" | "new" | "earlier" | "refresh" | "save" | "whole" }
  | { type: "action"; name: string }
  | { type: "ask"; id: string; text: string }
  | { type: "select"; conversation: string }
  | { type: "label"; id: string; step: number; kind: string }
  | { type: "open"; index: number | null };

// A turn

export type TurnState = "connecting" | "reasoning" | "answering" | EndState;
export type EndState = "complete" | "stopped" | "error";
export type StartMode = "open" | "auto" | "closed";

/** Estimated tokens. */
export interface TokenParts {
  reasoning: number;
  answer: number;
}

export type Usage = Record<
  "input_tokens" | "output_tokens" | "total_tokens" | "reasoning_tokens" | "cached_tokens",
  number | null
>;

export type Timing = Record<"ttft_s" | "thinking_s" | "total_s", number | null>;

/** A saved turn, checked: every field is there and has its type. */
export interface SavedTurn {
  id: string;
  state: EndState;
  /** The state in words, if it is not the usual one; "" if it is. */
  state_word: string;
  reasoning: string;
  answer: string;
  /** The id of the turn that this one came from; "" for none. */
  parent: string;
  model: string;
  server: string;
  conversation: string;
  number: number | null;
  attempt: number | null;
  finish_reason: string;
  /** The lines that Python wrote above the reasoning and below the answer; "" if it did not. */
  caption: string;
  footer: string;
  usage: Usage;
  timing: Timing;
  error: string;
  notices: string[];
  ending: string;
  steps: string;
  loops: string;
  candidates: string;
  sureness: string;
  lanes: SavedLane[];
  metrics: Metrics | null;
  show: "both" | "reasoning" | "answer";
  start: StartMode;
  inspect: boolean;
  step: number | null;
  labels: LabelRecord[];
  labelling: Labelling | null;
  /** How many characters of each text are given, in code points. */
  given: { reasoning: number; answer: number };
}

export type MetricName = (typeof NUMBERS)[number];

export interface FirstSeen {
  value: string;
  step: number | null;
  share: number | null;
}

/** A number is null if it is not known. */
export type Metrics = Record<MetricName, number | null> & {
  tokens_estimated: boolean;
  first_seen: FirstSeen | null;
};

// Steps

export type Group = "orient" | "work" | "reflect" | "conclude" | "unclassified";

export interface StepKind {
  name: string;
  group: Group;
}

export interface Step {
  index: number;
  start: number;
  end: number;
  kind: StepKind;
  /** The words that indicate the kind. */
  cue: Span | null;
  episode: number;
  seconds: number | null;
  /** The equalities in it that were recomputed. */
  sums: CheckedSum[];
}

/** An equality between numbers that was recomputed, in UTF-16 units of the reasoning. */
export interface CheckedSum {
  start: number;
  end: number;
  holds: boolean;
  /** The verdict in words: "17 × 24 is 408, not 418". */
  title: string;
}

/** A match of the search within one step. */
export interface Match {
  start: number;
  end: number;
  isCurrent: boolean;
}

/** The reader's choices in a turn's inspector; `open` is null until the first choice. */
export interface InspectorState {
  open: boolean | null;
  selected: number;
  groups: Group[];
  query: string;
  folded: Set<number>;
  opened: Set<number>;
  /** The step whose text the reader is changing. */
  editing: { index: number; text: string } | null;
  /** Do keys label steps, in an output that takes labels? */
  labelling: boolean;
}

/** A value along a reasoning, after so many of its steps. */
export interface StepValue {
  after: number;
  value: string;
  isMarked: boolean;
}

/** Values along a reasoning, as a notebook holds them; see `stepValuesOf`. */
export interface SavedLane {
  name: string;
  values: string;
}

/** What an inspector shows. */
export interface Inspected {
  /** The name of the turn, beside the title. */
  name: string;
  table: StepTable;
  metrics: Metrics | null;
  loops: Span[];
  candidates: StepValue[];
  lanes: [name: string, values: StepValue[]][];
  /** The mean probability of the tokens of each step, null where unknown; none if all are. */
  sureness: (number | null)[];
  /** How many characters of the text are given, in code points. */
  given: number;
  growing: boolean;
  /** The hand labels; null while it streams. */
  labels: TurnLabels | null;
  /** How a cell names the turn; null while it streams, or outside a conversation. */
  source: TurnSource | null;
}

/** The words that name a turn in a cell: `3.1`, and the option for its conversation. */
export interface TurnSource {
  name: string;
  option: string;
  /** For the hints of buttons: what the server cannot do; "" where it can. */
  limits: string;
}

export type IsShown = (step: Step) => boolean;

// A reasoning

/** A part of a text, in UTF-16 units, that can be drawn alone. */
export interface ReasoningSection {
  start: number;
  end: number;
  given: GivenShare;
}

// An answer

/** A part of a Markdown text that later text does not change, or its open end. */
export type AnswerBlock = TextBlock | FenceBlock;

/** How much of a part of a text the user gave, rather than the model. */
export type GivenShare = "whole" | "part" | "none";

export interface TextBlock {
  kind: "text";
  given?: GivenShare;
  source: string;
}

export interface FenceBlock {
  kind: "fence";
  given?: GivenShare;
  indent: number;
  mark: string;
  info: string;
  code: string;
}

/** The part of a fenced block that is needed to draw it. */
export type Code = Pick<FenceBlock, "info" | "code">;

export interface Formula {
  tex: string;
  raw: string;
  display: boolean;
  pending: boolean;
  safe: boolean;
}

/** An address in running text, which becomes a link. */
export interface Address {
  address: string;
  raw: string;
}

/** What a placeholder hides from the Markdown parser. */
export type Hidden = Formula | Address;

// What the page remembers

/** What the page remembers about a turn. */
export interface ViewRecord {
  id: string;
  reasoningOpen: boolean | null;
  reasoningRaw: boolean | null;
  reasoningHeight: string;
  scroll: number | null;
  heights: Partial<Record<PaneKind, number>>;
  streams: { reasoning?: TextStream; answer?: TextStream; steps?: TextStream };
  drawings: { reasoning?: ReasoningText; answer?: AnswerMarkdown };
  version: number;
  live: LiveStatus | null;
  tokens: TokenParts;
  inspector: InspectorState | null;
  thinking: { began: number | null; ended: number | null };
  events: EventTarget;
  chat?: ChatPage;
  /** The reader's own labels that the kernel does not have: the letter of a kind by step. */
  labels?: Map<number, string>;
  batch?: BatchChoices;
  liveBatch?: LiveBatch;
}

/** The state of the status line of a turn that is streaming. */
export interface LiveStatus {
  began: number;
  state?: TurnState;
  stopping: boolean;
  closing: boolean;
  lost: boolean;
  /** The tokens that have arrived, and when their first and last part did. */
  text: { tokens: number; first: number; last: number };
  acknowledged?: boolean;
  unanswered?: boolean;
  /** When the first text arrived that looked like an answer, by `performance.now()`. */
  answering?: number;
}

/** A view that is on the page. */
export interface Mounted {
  dispose(): void;
}

// Labels

/** The labels of one person: the letter of a kind and the index of a step, in base 36, each. */
export interface LabelRecord {
  by: string;
  steps: string;
}

/** Who labels, and the id of the pane in the kernel that takes the labels. */
export interface Labelling {
  id: string;
  annotator: string;
  /** The person's labels that the kernel does not have, as in a record; X is a removed one. */
  unsaved: string;
}

/** A pane whose kernel is running. */
export interface LabelPane {
  /** Sends a label, or "" for none; returns the id of the message. */
  send(step: number, letter: string): string;
  hasAnswered(message: string): boolean;
  records(): unknown;
  where(): string;
}

// A chat

/** The state of a chat; `turns` contains only those that the page may not have. */
export interface ChatPageData {
  conversation: string;
  names: string[];
  keys: string[];
  earlier: number;
  live: LiveReply | null;
  turns: Record<string, ChatEntry>;
}

/** A reply in progress; `panes` are the ids of its models. */
export interface LiveReply {
  turn_id: string;
  prompt: string;
  panes: string[];
}

/** A finished turn as it is saved; `mountTurn` checks it. */
export interface ChatEntry {
  prompt?: unknown;
  hidden?: unknown;
  turn?: unknown;
}

export type SaveBundle = (bundle: MimeBundle) => void;

/** A chat whose kernel is running. */
export interface LiveChat {
  mount(el: HTMLElement, signal: AbortSignal): void;
  keepSaved(data: unknown, save: SaveBundle, signal: AbortSignal): void;
}

// A comparison

export interface ComparedSide {
  table: StepTable;
  answer: string;
  loops: Span[];
  seen: number | null;
}

export interface ComparedRow {
  left: Step | null;
  right: Step | null;
  match: "same" | "similar" | "none";
}

/** A part of both answers, or only of the left or the right one. */
export type AnswerPart = [side: "B" | "L" | "R", text: string];

export interface Compared {
  names: string[];
  findings: string[][];
  metrics: string[][];
  left: ComparedSide;
  right: ComparedSide;
  rows: ComparedRow[];
  /** The index of the first row that diverges, -1 without one. */
  divergence: number;
  /** The value at which they diverge, and which side has it; empty without one. */
  parting: string;
  /** Is one of them a fork of the other, made there? */
  isFork: boolean;
  parts: AnswerPart[];
}

// A batch

export type LaneState = "waiting" | "connecting" | "reasoning" | "answering" | "complete" | "cut" | "stopped" | "error" | "saved";
/** The states that a reader tells apart, in the order of the progress bar. */
export type LaneStage = "done" | "failed" | "stopped" | "running" | "waiting" | "spared";

/** One sample of a batch; `display/batch_lanes.py` defines the fields. */
export interface Lane {
  index: number;
  /** The same in the live and in the saved view. */
  key: string;
  row: number;
  number: number;
  model: number;
  state: LaneState;
  value: string | null;
  line: string;
  tokens: string;
  /** Of the reasoning, in characters. */
  length: number;
  seconds: number | null;
  began: number | null;
  reused: boolean;
  seen: number | null;
  place: string;
  /** The data of its turn; null if it is not part of the output. */
  turn: unknown;
}

export interface BatchFigures {
  state: "running" | "complete" | "stopped";
  total: number;
  done: number;
  failed: number;
  stopped: number;
  running: number;
  texts: string[];
  notice: string;
  errors: [kind: string, count: number][];
  /** In seconds. */
  elapsed: number;
}

/** A final value; the interval is null where shares estimate nothing. */
export interface BatchGroup {
  value: string;
  count: number;
  share: number;
  interval: [low: number, high: number] | null;
}

/** The panes of the lane that the kernel shows live. */
export interface OpenPanes {
  index: number;
  turn: string;
  panes: string[];
  /** Does it stream in another process, from which only its last line arrives? */
  elsewhere: boolean;
}

/** A batch, checked: every field is there and has its type. */
export interface Batch {
  id: string;
  name: string;
  conversation: string;
  /** The number of the last frame in it. */
  frame: number;
  rows: number;
  models: string[];
  /** What differs in the prompts of the rows; empty for one row. */
  labels: string[];
  figures: BatchFigures;
  groups: BatchGroup[];
  /** How many more values there are, and how many samples have one of them. */
  others: [values: number, samples: number];
  /** How many replies have no final value. */
  without: number;
  lanes: Lane[];
  /** How many samples are not listed. */
  leftOut: number;
  open: OpenPanes | null;
}

/** Which lanes are listed: all, those at a stage, those with a value, those without one. */
export type LaneFilter =
  | { by: "all" | "valueless" }
  | { by: "stage"; stage: LaneStage }
  | { by: "value"; value: string };

/** The reader's choices in a batch. */
export interface BatchChoices {
  /** The key of a lane, as in `chosen`: its index is another one when the batch has ended. */
  open: string | null;
  filter: LaneFilter;
  chosen: string[];
  /** How many lanes are listed at most. */
  most: number;
  /** The lane whose row has the focus, and when it lost it, by `performance.now()`. */
  focused: { key: string; left: number } | null;
}

/** Lanes under one heading; "" without one. */
export interface LaneSection {
  title: string;
  detail: string;
  lanes: Lane[];
  /** Do all have the value that the title names? */
  isValue: boolean;
}
