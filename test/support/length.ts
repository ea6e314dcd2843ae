/** Whether tests do all that they can, for hours: `npm test -- --long`. Otherwise each fault and each promise has a short form. */
export const isLong = process.env['FAULTS'] === 'long'
