// SPDX-License-Identifier: Apache-2.0

package history

import (
	"errors"
	"fmt"

	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
	"kresd-manager/internal/format"
	"kresd-manager/units"
)

// maxMetaBytes is more than an entry ever has: its diff is bounded.
const maxMetaBytes = 4 << 20

// entryFormat is that of what is known of a change, and of its configuration with
// it. A new outcome, too, is a new format.
var entryFormat = format.File{Format: 1, Indented: true, Advice: "it is left alone; install that version again to see it"}

func encodeEntry(e units.Entry) ([]byte, error) {
	e.Running = false // not a property of the change
	return entryFormat.Encode(e)
}

// readEntry reads what encodeEntry wrote.
func readEntry(path string, id int) (*kept, error) {
	b, err := durable.ReadRegular(path, maxMetaBytes)
	if err != nil {
		return nil, err
	}
	k := new(kept)
	err = entryFormat.Decode(b, &k.Entry)
	var newer *format.NewerError
	if errors.As(err, &newer) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	if k.ID != id {
		return nil, fmt.Errorf("it is damaged: it says that it is change %d", k.ID)
	}
	switch k.Outcome {
	case units.OutcomeApplied, units.OutcomeFailed:
		return k, nil
	}
	return nil, fmt.Errorf("it is damaged: the outcome is %q", k.Outcome)
}

// readDocument reads a configuration that must have an ETag.
func readDocument(path, etag string) (*config.Document, error) {
	b, err := durable.ReadRegular(path, 256<<20)
	if err != nil {
		return nil, err
	}
	doc, err := config.Parse(path, b)
	if err != nil || doc.ETag() != etag {
		return nil, errors.New("the file is damaged")
	}
	return doc, nil
}
