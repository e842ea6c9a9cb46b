// Why a call failed.

export class JioError extends Error {
  constructor(message, status_code = 500) {
    super(message);
    this.name = 'JioError';
    this.status_code = status_code;
  }
}

/** What `value` throws as an error with a status: jIO's kind has one already. */
export function toRefusal(value, status_code) {
  const { status_code: own, message } = Object(value);
  return {
    status_code: Number.isInteger(own) && own >= 400 && own <= 599 ? own : status_code,
    message: typeof message === 'string' ? message : String(value),
  };
}
