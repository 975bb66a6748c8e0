const BASE = "/api/v1/";
const TIMEOUT_MS = 10_000;

/** A request that brought no usable answer; `status` is 0 when none came at all. */
export class ApiError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

interface GetOptions {
  signal?: AbortSignal;
  /** Statuses whose body is an answer too: health answers 503 with the checks that failed. */
  accept?: readonly number[];
}

/** Fetch one JSON document below `/api/v1/`; raises ApiError with a cause a reader can act on. */
export async function get<Body>(path: string, options: GetOptions = {}): Promise<Body> {
  const response = await request(path, options.signal);
  const accepted = response.ok || (options.accept ?? []).includes(response.status);
  if (!accepted) throw new ApiError(describe(response.status), response.status);
  try {
    return (await response.json()) as Body;
  } catch {
    throw new ApiError("The API answered with something other than JSON.", response.status);
  }
}

async function request(path: string, outer?: AbortSignal): Promise<Response> {
  const controller = new AbortController();
  const abort = () => {
    controller.abort();
  };
  const timer = setTimeout(abort, TIMEOUT_MS);
  outer?.addEventListener("abort", abort);
  try {
    return await fetch(BASE + path, {
      headers: { Accept: "application/json" },
      signal: controller.signal,
    });
  } catch {
    throw new ApiError(
      controller.signal.aborted
        ? `The API did not answer within ${TIMEOUT_MS / 1000} s.`
        : "The API cannot be reached.",
      0,
    );
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", abort);
  }
}

function describe(status: number): string {
  if (status === 404) return "The board has no record of this.";
  if (status === 502 || status === 503 || status === 504) {
    return `The API is not available (HTTP ${status}).`;
  }
  return `The API answered with HTTP ${status}.`;
}
