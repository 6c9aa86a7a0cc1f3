// SPDX-License-Identifier: Apache-2.0

package visible

// Clear begins anew at the top of a terminal. Elsewhere it does nothing: what is read
// later has all that was written.
func (w *Writer) Clear() error {
	if !w.terminal {
		return nil
	}
	return w.raw("\x1b[H\x1b[J") // cursor home, erase to the end (ECMA-48)
}
