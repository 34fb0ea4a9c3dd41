import createClient, { type Middleware } from 'openapi-fetch';
import type { Known, Problem } from './contract';
import type { paths } from './schema.gen';

export const base = '/api/v1';

/** A refusal of the server, or of the way to it; `code` is translated by the catalogue `error`. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly at: string | null;
  readonly requestId: string;

  constructor(problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? problem.code ?? '');
    this.status = problem.status ?? 0;
    this.code = problem.code ?? 'console.unreachable';
    this.at = problem.at ?? null;
    this.requestId = problem.request_id ?? '';
  }
}

let csrf = '';
/** Remembers the token that every changing request carries. */
export function rememberCsrf(token: string): void {
  csrf = token;
}

let onSignedOut: () => void = () => undefined;
/** Says what happens when the server no longer knows this session. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

/** Address of a file that the browser fetches by itself (CSV, JSON). */
export function address(path: string, query: Record<string, string | number | boolean | null | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.append(key, String(value));
  }
  const text = search.toString();
  return base + path + (text ? `?${text}` : '');
}

const wrongSecret = new Set(['session.wrong', 'session.code_needed', 'session.code_wrong']);

const transport: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('x-csrf-token', csrf);
    if (request.method === 'POST') request.headers.set('idempotency-key', crypto.randomUUID());
    return request;
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    return new Refusal({ code: 'console.unreachable' });
  },
};

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer, or the refusal it carried as an exception. */
export async function take<T>(asked: Promise<Answer<T>>): Promise<Known<T>> {
  const { data, error, response } = await asked;
  if (response.ok) return data as Known<T>;
  const problem = error !== null && typeof error === 'object' ? (error as Partial<Problem>) : {};
  const refused = new Refusal({
    code: response.status >= 500 ? 'console.server' : 'console.answer',
    request_id: response.headers.get('x-request-id') ?? '',
    ...problem,
    status: response.status,
  });
  if (response.status === 401 && !wrongSecret.has(refused.code)) onSignedOut();
  throw refused;
}

/** The routes below the base, as the description of the API has them. */
type Routes = { [P in keyof paths as P extends `${typeof base}${infer Route}` ? Route : never]: paths[P] };

/** The routes of the server. */
export const api = createClient<Routes>({ baseUrl: base });
api.use(transport);

/** Sends one file and reports how much of it has left (fetch cannot). */
export function upload<T>(path: string, file: File, onProgress: (share: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', base + path);
    request.setRequestHeader('x-csrf-token', csrf);
    request.setRequestHeader('accept', 'application/json');
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(new Refusal({ code: 'console.unreachable' }));
    request.onload = () => {
      let body: unknown;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = { code: 'console.answer' };
      }
      if (request.status >= 200 && request.status < 300) resolve(body as T);
      else reject(new Refusal({ ...(body as Partial<Problem>), status: request.status }));
    };
    signal?.addEventListener('abort', () => request.abort());
    const form = new FormData();
    form.append('file', file);
    request.send(form);
  });
}
