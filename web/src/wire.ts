// SPDX-License-Identifier: Apache-2.0
// Generated from the description of the API, do not edit: go test ./api -run TestThePagesKnowTheAPI -update

export interface CacheClear {
  "chunk-size"?: number;
  "exact-name"?: boolean;
  name?: string;
  "rr-type"?: string;
}

export interface CacheStatistics {
  entries: number;
  "size-bytes": number;
  "usage-percent": number;
  workers: CacheWorker[] | null;
}

export interface CacheWorker {
  answers: number;
  "answers-cached": number;
  error?: string;
  "read-misses": number;
  reads: number;
  unit: string;
  writes: number;
}

export interface Cause {
  fix?: string;
  pointer?: string;
  quote?: string;
  what: string;
}

export interface Change {
  began?: string;
  behind?: ChangeAhead;
  cause: string;
  comment?: string;
  ended?: string;
  etag?: string;
  id?: number;
  plan?: Plan;
  position?: number;
  problem?: Problem;
  report?: Report;
  restoring?: Plan;
  revision: number;
  state: "queued" | "applying" | "applied" | "refused" | "canceled" | "undone";
  steps?: StepStatus[];
  "undone-by"?: number;
  when: string;
  who: Who;
}

export interface ChangeAhead {
  cause: string;
  id?: number;
  since: string;
  who: Who;
}

export interface ChangeStatus {
  began?: string;
  behind?: ChangeAhead;
  cause: string;
  comment?: string;
  ended?: string;
  etag?: string;
  id?: number;
  plan?: Plan;
  position?: number;
  report?: Report;
  restoring?: Plan;
  revision: number;
  state: "queued" | "applying" | "applied" | "refused" | "canceled" | "undone";
  steps?: StepStatus[];
  "undone-by"?: number;
  when: string;
  who: Who;
}

export interface Changes {
  changes: Change[] | null;
}

export interface Comparison {
  diff?: Diff;
  from: number;
  to: number;
}

export interface Diff {
  changes: Difference[] | null;
  more?: number;
}

export interface Difference {
  new?: unknown;
  old?: unknown;
  op: string;
  pointer: string;
}

export interface Ending {
  restart?: boolean;
}

export interface Entry {
  cause: string;
  comment?: string;
  "confirm-by"?: string;
  confirmed?: string;
  "confirmed-by"?: Who;
  diff?: Diff;
  error?: string;
  etag: string;
  generation: string;
  id: number;
  outcome: string;
  place?: number;
  "return-to"?: number;
  running?: boolean;
  "undone-by"?: number;
  when: string;
  who: Who;
}

export interface Event {
  cause?: string;
  change?: number;
  error?: string;
  generation?: string;
  kind: "begin" | "step" | "step-done" | "step-failed" | "restore" | "applied" | "refused" | "repair" | "repaired" | "crash" | "gap";
  n: number;
  plan?: Plan;
  step?: Step;
  /** seconds */
  took?: number;
  unit?: string;
  when: string;
  who?: Who;
}

export interface Examination {
  checks: string[] | null;
  findings: Fault[] | null;
  unseen?: string[];
}

export interface ExtendedError {
  code: number;
  meaning: string;
  text?: string;
}

export interface Fault {
  check: string;
  fix: string;
  what: string;
  why: string;
}

export interface File {
  fault?: string;
  format?: string;
  kept?: boolean;
  path: string;
  saved?: string;
  tag?: string;
  text: string;
}

export interface Files {
  diff?: Diff;
  differs: boolean;
  etag?: string;
  fault?: string;
  files: File[] | null;
}

export interface Finding {
  column?: number;
  file?: string;
  hint?: string;
  line?: number;
  message: string;
  pointer: string;
  severity?: string;
}

export interface History {
  entries: Entry[] | null;
  faults?: string[];
  waiting?: Waiting;
}

export interface HistoryEntry {
  cause: string;
  comment?: string;
  "confirm-by"?: string;
  confirmed?: string;
  "confirmed-by"?: Who;
  diff?: Diff;
  document?: unknown;
  error?: string;
  etag: string;
  generation: string;
  id: number;
  missing?: string;
  outcome: string;
  place?: number;
  "return-to"?: number;
  running?: boolean;
  "undone-by"?: number;
  when: string;
  who: Who;
}

export interface InputStatus {
  expires?: string;
  kind: string;
  modified?: string;
  note?: string;
  path: string;
  pointer: string;
  state: "in-force" | "changed" | "missing" | "unknown" | "degraded";
  use: "renew" | "start" | "rules";
}

export interface Key {
  default?: unknown;
  derived?: string;
  doc: string;
  effect?: string;
  keys?: KeyBelow[];
  ours?: boolean;
  pointer: string;
  required?: boolean;
  secret?: boolean;
  type: string;
  was?: string[];
  words?: string[];
}

export interface KeyBelow {
  pointer: string;
  summary: string;
  type: string;
}

export interface Keys {
  keys: Key[] | null;
  more?: number;
}

export interface LogIn {
  code?: string;
  token?: string;
}

export interface LogLine {
  identifier?: string;
  message: string;
  pid?: number;
  priority: number;
  unit: string;
  when: string;
}

export interface Plan {
  generation: string;
  steps: Step[] | null;
}

export interface Problem {
  cause?: Cause;
  kind: "malformed" | "invalid-configuration" | "token-needed" | "access-denied" | "foreign" | "no-such-route" | "no-such-value" | "method-not-allowed" | "not-acceptable" | "body-too-slow" | "patch-test-failed" | "canceled" | "stopped" | "nothing-in-progress" | "no-such-change" | "no-such-unit" | "cannot-restart" | "nothing-to-confirm" | "waits-to-be-confirmed" | "no-address" | "precondition-failed" | "body-too-large" | "unsupported-type" | "refused-by-component" | "too-many-wrong-tokens" | "step-failed" | "system-error" | "internal" | "systemd-unreachable" | "polkit-refused" | "no-worker" | "busy" | "timed-out" | "stopping";
  log?: string[];
  message: string;
  problems?: Finding[];
  reference: string;
  restored?: boolean;
  "rollback-error"?: string;
  status: number;
  step?: string;
  title: string;
  unit?: string;
}

export interface Process {
  pid: number;
  status: string;
  type: string;
}

export interface Report {
  cause: string;
  comment?: string;
  "confirm-by"?: string;
  degraded?: string[];
  diff?: Diff;
  drops?: string;
  "dry-run"?: boolean;
  entry?: number;
  error?: string;
  generation: string;
  interrupts?: string[];
  plan: Plan;
  rollback?: Plan;
  "rollback-error"?: string;
  taken?: string[];
  /** seconds */
  took: number;
  undo?: number;
  unsaved?: boolean;
  when: string;
  who?: Who;
}

export interface Row {
  "cache-hit-percent": number | null;
  "cpu-percent": number | null;
  current?: boolean;
  "memory-bytes": number;
  "nodata-percent": number | null;
  "noerror-percent": number | null;
  "nxdomain-percent": number | null;
  "oom-kills"?: number;
  "other-percent": number | null;
  "p50-ms": number | null;
  "p95-ms": number | null;
  "p99-ms": number | null;
  "queries-per-second": number | null;
  restarts?: number;
  "servfail-percent": number | null;
  since?: string;
  state?: string;
  unit?: string;
}

export interface Sample {
  all: Row;
  "cache-entries": number;
  "cache-size-bytes": number;
  "cache-usage-percent": number;
  error?: string;
  protocols: Record<string, number | null> | null;
  seconds: number;
  when: number;
  workers: Row[] | null;
}

export interface SampleHistory {
  every: number;
  series: Record<string, (number | null)[]> | null;
  when: number[] | null;
}

export interface Session {
  expires?: string;
  login: "token" | "no-token" | "no-tls" | "none";
  name: string;
  pages?: string;
  role: "" | "read" | "operate" | "configure";
  session: boolean;
  who: Who;
}

export interface SessionLink {
  expires: string;
  url: string;
}

export interface Status {
  "as-of"?: string;
  change?: ChangeStatus;
  down?: string;
  etag: string;
  file: string;
  "file-differs": boolean;
  "file-etag": string;
  "file-fault"?: string;
  "file-now-etag"?: string;
  files: string[] | null;
  generation: string;
  "history-faults"?: string[];
  inputs?: InputStatus[];
  "last-apply"?: Report;
  "last-repair"?: Report;
  problems?: Finding[];
  queued?: number;
  state: string;
  undone?: number;
  units: UnitStatus[] | null;
  version: string;
  waiting?: Waiting;
  warnings?: string[];
  workers: number;
}

export interface Step {
  after?: number[];
  cause: string;
  inputs?: string[];
  kind: "set" | "try" | "load" | "reset" | "renew" | "start" | "restart" | "stop";
  n: number;
  optional?: boolean;
  set?: string[];
  unit: string;
  why?: string;
}

export interface StepStatus {
  began: string;
  done: boolean;
  error?: string;
  kind: "set" | "try" | "load" | "reset" | "renew" | "start" | "restart" | "stop";
  n: number;
  restores?: boolean;
  /** seconds */
  took?: number;
  unit: string;
}

export interface Trace {
  answer: string[] | null;
  cut?: boolean;
  events: TraceEvent[] | null;
  "extended-error"?: ExtendedError;
  from?: string;
  lines: TraceLine[] | null;
  name: string;
  rcode?: string;
  secure: boolean;
  /** seconds */
  took: number;
  type: string;
  unit: string;
}

export interface TraceEvent {
  address?: string;
  /** seconds */
  at: number;
  detail?: string;
  kind: "view" | "policy" | "rule" | "resolve" | "cache-hit" | "cache-miss" | "ask" | "reply" | "fault" | "referral" | "alias" | "retry" | "store" | "secure" | "insecure" | "bogus" | "failed";
  name?: string;
  protocol?: string;
  /** seconds */
  rtt?: number;
  server?: string;
  ttl?: number;
  type?: string;
  zone?: string;
}

export interface TraceLine {
  /** seconds */
  at: number;
  text: string;
}

export interface TraceRequest {
  from?: string;
  name: string;
  type?: string;
  unit?: string;
}

export interface UnitStatus {
  active: string;
  component: "worker" | "canary" | "policy-loader" | "cache-gc" | "component";
  config?: string;
  current: boolean;
  fault?: "mute" | "slow" | "cut-off" | "astray" | "untold" | "rules-gone";
  frozen?: boolean;
  invocation?: string;
  kind: "core" | "needed" | "dispensable";
  masked?: boolean;
  memory?: number;
  "needs-daemon-reload"?: boolean;
  pid?: number;
  priority: number;
  restarts: number;
  result?: string;
  since?: string;
  sub: string;
  unit: string;
  usage?: Usage;
  "wanted-config"?: string;
}

export interface Upstream {
  address: string;
  answers: number;
  /** seconds */
  max: number;
  /** seconds */
  median: number;
  /** seconds */
  min: number;
  /** seconds */
  p95: number;
}

export interface UpstreamWorker {
  error?: string;
  tcp: number;
  timeouts: number;
  udp: number;
  unit: string;
}

export interface Upstreams {
  servers: Upstream[] | null;
  workers: UpstreamWorker[] | null;
}

export interface Usage {
  /** seconds */
  "cpu-seconds"?: number;
  "memory-peak"?: number;
  "oom-kills"?: number;
  tasks?: number;
}

export interface Versions {
  manager: string;
  systemd: string;
  workers: Record<string, string> | null;
}

export interface Waiting {
  by: string;
  entry: number;
  "return-to"?: number;
}

export interface Who {
  login?: string;
  "login-uid"?: number;
  name?: string;
  remote?: string;
  request?: string;
  role?: string;
  uid?: number;
  user?: string;
  via?: string;
}
