// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/json"

	"kresd-manager/units"
)

// HistoryEntry is the answer to who asks for one change.
type HistoryEntry struct {
	units.Entry
	// Document is the whole configuration that the change made, without secrets;
	// nil if it cannot be had, and then Missing says why.
	Document json.RawMessage `json:"document,omitempty"`
	Missing  string          `json:"missing,omitempty"`
}
