// SPDX-License-Identifier: Apache-2.0

package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// maxMetaBytes is more than an entry ever has: its diff is bounded.
const maxMetaBytes = 4 << 20

func encodeEntry(e units.Entry) ([]byte, error) {
	e.Running = false // not a property of the change
	b, err := json.MarshalIndent(e, "", "  ")
	return append(b, '\n'), err
}

// readEntry reads what encodeEntry wrote.
func readEntry(path string, id int) (*kept, error) {
	b, err := readRegular(path, maxMetaBytes)
	if err != nil {
		return nil, err
	}
	k := new(kept)
	if err := json.Unmarshal(b, &k.Entry); err != nil {
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
	b, err := readRegular(path, 256<<20)
	if err != nil {
		return nil, err
	}
	doc, err := config.Parse(path, b)
	if err != nil || doc.ETag() != etag {
		return nil, errors.New("the file is damaged")
	}
	return doc, nil
}

// readRegular reads a file, and does not wait for a FIFO.
func readRegular(path string, most int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > most:
		return nil, errors.New("it is too large")
	}
	return io.ReadAll(f)
}
