// SPDX-License-Identifier: Apache-2.0

package unitfile

import "strings"

// Names are those that the file of a unit can have, the one that counts first: its
// own and, of an instance, that of its template, kresd@.service of kresd@1.service
// (systemd.unit(5), DESCRIPTION).
func Names(unit string) []string {
	at, dot := strings.IndexByte(unit, '@'), strings.LastIndexByte(unit, '.')
	if at < 0 || dot <= at+1 {
		return []string{unit}
	}
	return []string{unit, unit[:at+1] + unit[dot:]}
}
