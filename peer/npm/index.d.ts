// The face of the package: a database on a master, reached over WebRTC, with jIO's methods.

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A record: a plain object. */
export type Doc = { [key: string]: Json };

/** How a call may be ended early; the promise then rejects with the signal's reason. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** What `allDocs` is asked for. */
export interface AllDocsOptions extends CallOptions {
  /** jIO's query language, as text or as JSON; empty matches all. */
  query?: string | Json;
  /** `[skip, count]`; a count of 0 is no limit. */
  limit?: [number, number?];
  sort_on?: [string, 'ascending' | 'descending'][];
  /** Properties to return in each row's `value`. */
  select_list?: string[];
  /** Returns each row's whole record as `doc`. */
  include_docs?: boolean;
}

/** One row of an answer. */
export interface Row<D = Doc> {
  id: string;
  value: Partial<D> & Doc;
  doc?: D;
  /** Only in an answer without a connection: it was written here, and no master has it yet. */
  waiting?: true;
}

/** What `allDocs` resolves with. */
export interface AllDocsResult<D = Doc> {
  data: { rows: Row<D>[]; total_rows: number };
  /** Only where it is what was answered before, with what was written here since: there is no connection. */
  from_cache?: true;
}

/** Forms in which an attachment can be had, by the option `format`. */
export interface AttachmentFormats {
  blob: Blob;
  text: string;
  json: Json;
  array_buffer: ArrayBuffer;
  data_url: string;
}

export interface GetAttachmentOptions<F extends keyof AttachmentFormats = 'blob'> extends CallOptions {
  /** `blob` unless given. */
  format?: F;
  /** First byte. */
  start?: number;
  /** One after the last byte. */
  end?: number;
}

export interface PutAttachmentOptions extends CallOptions {
  /** Type of an attachment that is given as text; `text/plain;charset=utf-8` unless given. */
  _content_type?: string;
}

export type Capacity = 'list' | 'include' | 'query' | 'sort' | 'limit' | 'select';

export type Method =
  | 'post' | 'put' | 'get' | 'remove' | 'allDocs' | 'putAttachment' | 'getAttachment'
  | 'removeAttachment' | 'allAttachments' | 'repair';

/** What has changed in the rows of a query that is followed. */
export interface Changes<D = Doc> {
  /** Rows that are new; at first, all. */
  added: Row<D>[];
  /** Rows that are other ones than before. */
  changed: Row<D>[];
  /** Ids of rows that are none any more. */
  removed: string[];
  /** All rows, as `allDocs` would answer now. An array of its own each time. */
  rows: Row<D>[];
}

/** A query that is followed. */
export interface Live<D = Doc> {
  /** Resolves when the rows have come for the first time; rejects where they cannot be had: 400 for a query that is none, 403
   * by rights, 429 where too many are followed, 501 of a master or storage that does not tell what changes. */
  readonly ready: Promise<this>;
  /** Resolves when it was closed; rejects when it ended otherwise, also later. */
  readonly ended: Promise<void>;
  /** All rows, as they were told last. */
  readonly rows: Row<D>[];
  /** Ends it; nothing is called any more. */
  close(): void;
}

/** jIO's methods. All of them reject with a {@link JioError}, or with the reason of their signal. */
export interface Records {
  /** Stores a record under a new id, and resolves with that. */
  post(doc: Doc, options?: CallOptions): Promise<string>;
  /** Stores a record, replacing the whole of the one that was there. */
  put(id: string, doc: Doc, options?: CallOptions): Promise<string>;
  /** Reads a record; 404 where there is none. */
  get<D extends Doc = Doc>(id: string, options?: CallOptions): Promise<D>;
  /** Removes a record and its attachments. */
  remove(id: string, options?: CallOptions): Promise<string>;
  /** Queries. */
  allDocs<D extends Doc = Doc>(options?: AllDocsOptions): Promise<AllDocsResult<D>>;
  /**
   * Follows a query: calls back with all rows, then with what changes of them. What changes at once is told at once, a
   * change no sooner than it is safe. A lost connection is survived: the next call tells what changed meanwhile.
   */
  subscribe<D extends Doc = Doc>(
    options: Omit<AllDocsOptions, 'signal'>,
    callback: (changes: Changes<D>) => void,
    { signal }?: CallOptions,
  ): Live<D>;
  /** Stores an attachment of any size. */
  putAttachment(id: string, name: string, content: Blob | string, options?: PutAttachmentOptions): Promise<void>;
  /** Reads an attachment, or a range of its bytes. */
  getAttachment<F extends keyof AttachmentFormats = 'blob'>(
    id: string,
    name: string,
    options?: GetAttachmentOptions<F>,
  ): Promise<AttachmentFormats[F]>;
  removeAttachment(id: string, name: string, options?: CallOptions): Promise<void>;
  /** The names of a record's attachments, as keys. */
  allAttachments(id: string, options?: CallOptions): Promise<Record<string, Record<string, never>>>;
  /** Makes the storage look at its disk again. */
  repair(options?: CallOptions): Promise<void>;
  /** True for what the storage can do; else throws a {@link JioError} of 501, as jIO does. */
  hasCapacity(name: Capacity | Method | (string & {})): true;
}

/** Why a call failed. */
export declare class JioError extends Error {
  constructor(message: string, status_code?: number);
  name: 'JioError';
  /** In the manner of HTTP: 400 bad argument, 404 missing, 501 not implemented, 503 connection lost… */
  status_code: number;
  /** The number in {@link Database.waiting} of what was refused. */
  waiting?: number;
}

/** Typed listening, for what extends `EventTarget` here. */
export interface Events<M> extends EventTarget {
  addEventListener<K extends keyof M & string>(
    type: K,
    listener: ((event: CustomEvent<M[K]>) => void) | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof M & string>(
    type: K,
    listener: ((event: CustomEvent<M[K]>) => void) | null,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

// ---------------------------------------------------------------------------------------------------
// A slave

/** A master, as a person chooses it. */
export interface MasterInfo {
  id: string;
  name: string;
}

/** Where a connection stands. */
export interface ConnectionState {
  /**
   * - `connecting`: on the way, for the first time; `step` says where.
   * - `choosing`: several masters answered; call `choose`.
   * - `waiting`: it came without an invitation where one is needed, and a person at the broadcaster's computer is
   *   asked. Show them `signs`: the same stand there, or somebody is in between.
   * - `connected`: calls are answered. No WebSocket is open unless they are `relayed`.
   * - `reconnecting`: the connection was lost and is being made again; `detail` says why.
   * - `failed`: given up; `detail` says what was tried and what to check. `retry` begins again.
   * - `closed`: by `close`, by the signal, or by a loss with `reconnect: false`.
   */
  state: 'connecting' | 'choosing' | 'waiting' | 'connected' | 'reconnecting' | 'failed' | 'closed';
  /** What is being done: opening the address, asking for a master, waiting for a choice, finding a path to the
   * master, waiting for a person, waiting until `retry_at`. */
  step: 'reaching' | 'asking' | 'choosing' | 'connecting' | 'waiting' | 'pausing' | null;
  /** A sentence or more for people; empty where there is nothing to say. */
  detail: string;
  /** When the next try begins, in milliseconds since 1970; only with the step `pausing`. */
  retry_at: number | null;
  /** The master, while connected; null for one of 2016, which has no name. */
  master: MasterInfo | null;
  /** The channel's protocol while connected: `jio.2`, or empty for the order of 2016. */
  protocol: string;
  /** While connected: whether the master has proven that it is the one that invites. */
  verified: boolean;
  /** While connected: whether that is through the broadcaster, because the two devices do not reach each other. It
   * can read nothing of it. A direct connection is looked for and taken between two calls. */
  relayed: boolean;
  /** While waiting. */
  signs: Signs | null;
}

/** Four signs that two people compare. */
export interface Signs {
  /** Four characters. */
  pictures: string;
  /** Their names in English, for those who do not see them. */
  names: string[];
}

/** How far an attachment has travelled. */
export interface Progress {
  method: 'putAttachment' | 'getAttachment';
  id: string;
  name: string;
  /** Bytes. */
  done: number;
  /** Bytes. */
  total: number;
}

/** A write that no master has stored yet. */
export interface Waiting {
  /** Its number in this page. */
  number: number;
  method: 'post' | 'put' | 'remove' | 'putAttachment' | 'removeAttachment';
  /** The record meant; a new one has its id already. */
  id: string;
  /** The attachment meant. */
  name: string | null;
  /** The record to store, for `post` and `put`. */
  doc: Doc | null;
  /** When it was written, in milliseconds since 1970. */
  since: number;
  /** The master it is for, by its id; null before one is known, empty for one of 2016. */
  master: string | null;
  /** Why the master refused it for good; null while it waits. */
  error: { status_code: number; message: string } | null;
}

export interface DatabaseEvents {
  state: ConnectionState;
  masters: MasterInfo[];
  progress: Progress;
  /** So many calls wait for a person at the master, who is asked whether they may be executed; 0 when none does any
   * more. Of a master of 2016, or one that has no person to ask, it never comes. */
  asked: { calls: number };
  /** What waits to be stored is something else now. */
  waiting: Waiting[];
  /** A read was answered without a connection, as it was answered at `at`, in milliseconds since 1970. */
  from_cache: { method: 'get' | 'allDocs'; args: unknown[]; at: number };
  /** A person has let this page in; `link` is its own invitation from now on. Keep it no longer than the page. */
  invited: { link: string };
}

export interface ConnectOptions {
  /** The id of the master that is wanted. Without it the only one is taken, or `choose` decides. */
  master?: string;
  /** Comes back by itself when the connection is lost; true unless given. */
  reconnect?: boolean;
  /** Closes the database. */
  signal?: AbortSignal;
  /**
   * What becomes of writes that no master has stored: `none` (unless given): they fail with the connection. `tab`: they
   * are kept as long as the page. `kept`: on disk, also when the browser ends; for secure pages only, else 400 is thrown.
   * What is kept is sent in order, one after the other, whenever there is a connection.
   */
  memory?: 'none' | 'tab' | 'kept';
  /**
   * Whether `get` and `allDocs` are answered from what was seen while there is no connection, from the beginning on: who
   * wants to read anew waits for `ready`. What was seen ends with the page; with the memory `kept` it is on disk too.
   */
  cache?: boolean;
}

/**
 * A master's records. Calls made before it is connected wait for that; calls that were under way when the
 * connection is lost are made again if they only read and nothing of the answer has come, else they reject with 503.
 */
export interface Database extends Records, Events<DatabaseEvents> {
  /** Resolves at the first connection; rejects when that fails or the database is closed before. */
  readonly ready: Promise<this>;
  readonly state: ConnectionState;
  /** The masters that answered, in the order of their ids. */
  readonly masters: MasterInfo[];
  /** What waits to be stored, or was refused, in the order in which it was written; of a database with a memory. */
  readonly waiting: Waiting[];
  /** Gives one of these up. One that is under way may be stored all the same. */
  forget(number: number): Promise<void>;
  /** Forgets all that was seen of this address or master, with `cache`; resolves when nothing of it is on disk any more. What
   * waits to be stored stays. */
  forget(): Promise<void>;
  /** Tries one again that was refused. */
  resend(number: number): void;
  /** Chooses a master, now or for the next try. A connection to another one ends. */
  choose(master: string): void;
  /** Tries at once: after `failed`, or instead of waiting for the next try. */
  retry(): void;
  /** Ends the connection; pending calls reject with 503. */
  close(): void;
}

/**
 * Connects to a master: through a broadcaster, by the address of its WebSocket or by an invitation link
 * (`http://ADDRESS:PORT/#…`), or to one of the same origin through a channel that was given to {@link Master.attach}. Returns at once.
 */
export declare function connect(to: string | MessageChannelLike, options?: ConnectOptions): Database;

// ---------------------------------------------------------------------------------------------------
// A master

/** A way to the broadcaster that is not a WebSocket of its own: texts both ways, each one envelope. */
export interface Transport {
  send(text: string): void;
  /** Set by the master. */
  onmessage: ((text: string) => void) | null;
  /** Set by the master; call it when the transport has ended. */
  onclose?: (() => void) | null;
  close(): void;
}

/** What `BroadcastChannel` and `MessagePort` have in common. */
export interface MessageChannelLike {
  postMessage(message: any): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  /** A `MessagePort` needs it. */
  start?(): void;
}

/** A connected device, or one that connects. */
export interface Peer {
  /** Its id: a new one for each of its pages. */
  id: string;
  /** Its address, where the broadcaster tells. */
  address: string | null;
  state: 'connecting' | 'waiting' | 'connected';
  /** The number of its connection, which nobody else ever has; its id is what it says. */
  session: number;
  /** The member of the room that it is, where the broadcaster tells, until it leaves. */
  member: number | null;
  /** While it waits for a person's word: what it shows too, if nobody is in between. */
  signs: Signs | null;
  /** When it came, in milliseconds since 1970. */
  since: number;
  /** The channel's protocol: `jio.2`, or empty for the order of 2016. */
  protocol: string;
  /** What it may do. */
  rights: Rights;
  /** The invitation it has proven to hold; null for a stranger, and while it connects. */
  invitation: { id: string; label: string } | null;
  /** Whether it is connected through the broadcaster, because the two devices do not reach each other. */
  relayed: boolean;
}

/**
 * What a peer may do: read, and write as soon as a person has allowed it; read; also write; also remove. A call beyond that is
 * answered with 403.
 */
export type Rights = 'ask-first' | 'read-only' | 'read-write' | 'remove-allowed';

/** Where a master stands. Connected devices go on in every state but `closed`. */
export interface MasterState {
  /**
   * - `connecting`: on the way to the broadcaster, for the first time.
   * - `serving`: devices can find it.
   * - `away`: the broadcaster is gone; the next try is at `retry_at`.
   * - `closed`: by `close` or by the signal.
   */
  state: 'connecting' | 'serving' | 'away' | 'closed';
  detail: string;
  retry_at: number | null;
}

/** A call of a connected device, checked and about to be executed. */
export interface CallInfo {
  method: Method;
  /** The record meant; null for `post`, `allDocs` and `repair`. */
  id: string | null;
  /** The attachment meant. */
  name: string | null;
  /** The record to store, for `post` and `put`. */
  doc: Doc | null;
  /** Who calls; null for a page that is attached. */
  peer: Peer | null;
}

/** By what a master knows its guests. */
export interface Hosting {
  /** The master's key, as stored. With it each peer has to prove that it holds one of the `invitations`, and peers
   * know this master from others. An address that is the broadcaster's *master link* brings both. */
  identity?: string;
  /** The invitations, as stored. */
  invitations?: string;
  /** What those may do who hold no invitation. Unless given, they are not connected where there is an identity;
   * where there is none, everybody is a stranger and is `ask-first`. */
  strangers?: Rights | null;
}

export interface ServeOptions extends Hosting {
  /** The name by which people tell this master from others. */
  name?: string;
  /** Keep it over restarts, so that devices find the same master again; random unless given. */
  id?: string;
  /** Closes the master. */
  signal?: AbortSignal;
  /** Asked before each call is executed. To refuse it, throw: a {@link JioError} for a status of your own, else
   * it is 403. */
  validate?: (call: CallInfo) => void;
  /** Asked before a call that writes, of a peer with the rights `ask-first`, is executed; only `true` allows it. Without it, such
   * calls are refused. */
  ask?: (call: CallInfo) => boolean | Promise<boolean>;
}

export interface MasterEvents {
  state: MasterState;
  peers: Peer[];
  /** Somebody stored or removed something; many at once are told once. */
  change: { ids: string[] };
}

export interface Master extends Events<MasterEvents> {
  readonly id: string;
  name: string;
  readonly state: MasterState;
  readonly peers: Peer[];
  /** How many queries are followed, how many of them are different, and how often a record was matched for that. */
  readonly followed: { subscriptions: number; queries: number; evaluations: number };
  /** Serves pages of the same origin that `connect` to this channel; returns what ends that. */
  attach(channel: MessageChannelLike): () => void;
  /** Closes a device's connection. It may come back. */
  dismiss(peer: string): void;
  /** Lets in a peer that waits: it is handed the invitation with this id, as soon as {@link Master.host} tells of it. A
   * peer that has left hears nothing; to refuse one, dismiss it. */
  letIn(peer: Pick<Peer, 'session'>, invitation: string): void;
  /** Says what a peer may do while it is connected. */
  setRights(peer: string, rights: Rights): void;
  /** Knows its guests by this from now on; who would not be connected now is cut off. */
  host(guests: Hosting): void;
  /** Looks for the broadcaster at once. */
  retry(): void;
  /** Leaves the broadcaster and closes every connection. */
  close(): void;
}

/** Where a master keeps its records; also usable as a database here. */
export interface Storage extends Records, EventTarget {
  /** Resolves when the storage is open; rejects when it cannot be. */
  readonly ready: Promise<this>;
  close(): void;
}

/** Whether a database in IndexedDB can be used: `waiting` for another window that has it, `gone` where the browser
 * took it away. `detail` says it for people. */
export interface Standing {
  standing: 'waiting' | 'loading' | 'open' | 'gone';
  detail: string;
}

/** Records in IndexedDB. */
export interface IndexedStorage extends Records, Events<{ standing: Standing }> {
  readonly ready: Promise<this>;
  readonly standing: Standing;
  /** One file with everything that is stored: documents and attachments. */
  save(): Promise<Blob>;
  /**
   * Restores such a file, after all of it has been checked: `replace` makes the database what was saved, `add` adds
   * what is missing. `kept` counts records that were there and stayed as they were.
   */
  restore(copy: Blob, mode: 'replace' | 'add'): Promise<{ documents: number; attachments: number; kept: number }>;
  close(): void;
}

/** What `allDocs` of a page's own storage is asked for: always in this form, and only what was asked for. */
export interface ForeignOptions {
  /** jIO's query language as text; as JSON only where a query has no text. */
  query?: string | Json;
  limit?: [number, number?];
  sort_on?: [string, 'ascending' | 'descending'][];
  select_list?: string[];
  include_docs?: boolean;
}

/**
 * A storage of the page: any object with these methods of jIO, for example a jIO, or a database that `connect` gave.
 * It is called with checked arguments only, answers queries itself, and may reject with an error that has a
 * `status_code`. Without the four methods of attachments it has none.
 */
export interface ForeignStorage {
  post(doc: Doc): PromiseLike<string>;
  put(id: string, doc: Doc): PromiseLike<unknown>;
  get(id: string): PromiseLike<Doc>;
  remove(id: string): PromiseLike<unknown>;
  allDocs(options: ForeignOptions): PromiseLike<{ data: { rows: { id: string; value?: Doc; doc?: Doc }[] } }>;
  putAttachment?(id: string, name: string, content: Blob): PromiseLike<unknown>;
  getAttachment?(id: string, name: string, options: { format: 'blob' }): PromiseLike<Blob>;
  removeAttachment?(id: string, name: string): PromiseLike<unknown>;
  allAttachments?(id: string): PromiseLike<object>;
  repair?(): PromiseLike<unknown>;
}

/**
 * Serves records to the devices that a broadcaster brings; throws a {@link JioError} of 400 where the address or the
 * storage is none. A transport that is given as a function is made again
 * whenever it has ended.
 */
export declare function serve(
  to: string | Transport | (() => Transport | Promise<Transport>),
  storage: Storage | IndexedStorage | ForeignStorage,
  options?: ServeOptions,
): Master;

/** Records in IndexedDB, laid out as jIO does: the database `jio:NAME`; `serverless` unless given. */
export declare function indexedDB(name?: string): IndexedStorage;

/** Records that are gone with the page. */
export declare function memory(): Storage;

/** Records in an ERP5, by jIO's names for it. */
export interface Erp5Description {
  type: 'erp5';
  /** The address of its HAL, where the site document lies. */
  url: string;
  /** The view in which records are read and written, as `view`; without it they can only be listed. */
  default_view_reference?: string;
  /** Sent as `X-ACCESS-TOKEN`; without it the browser's cookies go along. */
  access_token?: string;
  /** Which records are replicated; `allDocs` asks for what it is asked. */
  query?: string | Json;
  /** The properties that are replicated, from search rows; without it each record is read by itself. */
  select_list?: string[];
  /** The column of the catalog by which changes are found; `modification_date` unless given. */
  date_property?: string;
  /** A field that keeps the id a record had before ERP5 gave it one. */
  id_property?: string;
  /** Rows asked for at once when changes are looked for; 200 unless given. */
  portion?: number;
}

/** Records in a CouchDB. Give one of: name and password, a token, the browser's cookies; or none. */
export interface CouchDbDescription {
  type: 'couchdb';
  /** The address of the database: `https://HOST:6984/DATABASE`. */
  url: string;
  username?: string;
  password?: string;
  /** Sent as a bearer token. */
  access_token?: string;
  /** Whether the browser's cookies go along. */
  with_credentials?: boolean;
  /** Whether JSON of a kilobyte and more is sent compressed. Unless given: from an extension, and to the page's own origin; other
   * servers must allow pages the header `Content-Encoding`. */
  compress?: boolean;
}

/**
 * Records on a server, asked for each call: what it costs is the line's. The description is checked by the first call, or
 * `ready`, and nothing else than the server at this address is ever asked. Who serves it to others lends them its
 * login; they never see it.
 */
export declare function openRemote(description: Erp5Description | CouchDbDescription): Storage;

/** Records of this browser that are replicated with a server. Names are jIO's. */
export interface ReplicateDescription {
  type: 'replicate';
  local_sub_storage: { type: 'indexeddb'; database?: string };
  remote_sub_storage: Erp5Description | CouchDbDescription;
  /** A record that was changed on both sides: 0 waits for a person (`conflicts`), 1 stays as it is here, 2 becomes what
   * the server has, 3 stays as it is on each side. */
  conflict_handling?: 0 | 1 | 2 | 3;
  check_local_creation?: boolean;
  check_local_modification?: boolean;
  check_local_deletion?: boolean;
  check_remote_creation?: boolean;
  check_remote_modification?: boolean;
  check_remote_deletion?: boolean;
  /** Attachments are replicated, unlike with jIO, unless one of these is `false`: then none is sent, or none is fetched. */
  check_local_attachment_creation?: boolean;
  check_local_attachment_modification?: boolean;
  check_local_attachment_deletion?: boolean;
  check_remote_attachment_creation?: boolean;
  check_remote_attachment_modification?: boolean;
  check_remote_attachment_deletion?: boolean;
  /** What the line may cost. */
  budget?: {
    bytes_per_day?: number;
    calls_per_day?: number;
    /** When it may be used, in local time: `[['22:00', '06:00']]`. */
    hours?: [string, string][];
  };
}

/** Where a replication stands. */
export interface LineState {
  /**
   * - `idle`: both sides had the same when they were compared last.
   * - `syncing`: at work.
   * - `offline`: the server is not reached; tried again at `next_at`.
   * - `closed`: outside of the hours, until `next_at`.
   * - `over-budget`: the day's budget is used up, until `next_at`.
   * - `login`: the server asks who it is; nothing is tried before somebody said so.
   * - `failed`: the server, or this computer's disk, does not do what was asked; tried again at `next_at`.
   */
  state: 'idle' | 'syncing' | 'offline' | 'closed' | 'over-budget' | 'login' | 'failed';
  /** A sentence for people. */
  detail: string;
  /** Milliseconds since 1970. */
  next_at: number | null;
  /** Records that the server has not yet. */
  waiting: number;
  /** Attachments that one side has not yet. */
  attachments: number;
  /** Records and attachments that wait for a person. */
  conflicts: number;
  /** Records that the server seems to have no more; they stay until `acceptRemovals`. */
  missing: number;
  /** When both sides were last known to have the same, in milliseconds since 1970. */
  synced_at: number | null;
  /** What went over the line today, both ways. */
  bytes: number;
  calls: number;
}

/** A record, or an attachment, that waits for a person. */
export interface ConflictInfo {
  id: string;
  /** The attachment's name, where it is one; `local` and `remote` are null then. */
  attachment?: string;
  /** How long the attachment is on each side, in bytes; null where it was removed. */
  local_size?: number | null;
  remote_size?: number | null;
  /** What it is here; null where it was removed. */
  local: Doc | null;
  /** What it is at the server; null where it was removed. */
  remote: Doc | null;
  /** Why the server does not take what is here, where that is so. */
  refused: string | null;
}

/** Records of this browser and of a server. Reads and writes are of this browser, and wait for no line. */
export interface ReplicatedStorage extends Omit<IndexedStorage, keyof EventTarget>, Events<{ standing: Standing; line: LineState }> {
  readonly line: LineState;
  /** Compares both sides now, removals included. */
  syncNow(): void;
  /** Somebody waits for this record to be at the server: it goes next, before all that waits. Where much waits, what is read
   * or written by itself goes ahead without being told. */
  hurry(id: string): Promise<void>;
  /** Removes here what the server has no more. */
  acceptRemovals(): void;
  conflicts(): Promise<ConflictInfo[]>;
  /** Keeps one side of such a record; `both` makes what is here a new record. With a third argument: of an attachment,
   * of which one side can be kept. */
  resolve(id: string, keep: 'local' | 'remote' | 'both', attachment?: string): Promise<void>;
}

/** Records of this browser, replicated with a server for as long as the page lives. */
export declare function replicated(description: ReplicateDescription): ReplicatedStorage;

/**
 * Fetches and compiles the WASM, which the first `connect`, `serve` or storage does otherwise. A page that knows it
 * will need it can have it ready.
 */
export declare function load(): Promise<void>;
