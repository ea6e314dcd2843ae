/** Why an event is rejected that comes after its time: the watermark has passed what could still take it in. */
export const LATE = 'late'

/** The same, where not the watermark but the end of an earlier finite run has closed its windows for good. */
export const CLOSED = 'window closed by an earlier run'
