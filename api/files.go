// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"

	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
	"kresd-manager/internal/source"
	"kresd-manager/internal/verbatim"
	"kresd-manager/internal/writeback"
)

// mostShown is how large a configuration file is shown, in bytes: it is for an editor.
const mostShown = 8 << 20

// files shows the configuration files as they are, with comments and secrets, and as they
// would have to be to say what runs. Writing them is left to who may: the manager may not,
// so that nothing that takes it over stays after a reboot.
func (h *handlers) files(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	giveBack, err := h.plans.take(w, r) // it reads and compares as much as a dry run
	if err != nil {
		return err
	}
	defer giveBack()
	st, err := h.ctl.Status(r.Context())
	if err != nil && len(st.Files) == 0 {
		return err
	}
	running := h.ctl.Running()
	var reader source.Reader
	answer := wire.Files{Files: []wire.File{}, ETag: st.FileETag}
	whole := true
	for _, path := range st.Files {
		f := wire.File{Path: path}
		read, err := reader.Read(path)
		if err != nil {
			f.Fault, whole = err.Error(), false
		}
		if len(read.Text) > mostShown {
			f.Fault, whole = fmt.Sprintf("%s has %d MB, too much for a page", path, len(read.Text)>>20), false
		} else {
			f.Text, f.Format = string(read.Text), string(text.Detect(read.Text)) // also to correct what is wrong
			f.Tag = verbatim.Tag(read.Text)
		}
		answer.Files = append(answer.Files, f)
	}
	if !whole {
		return sendJSON(w, answer, "")
	}
	inFiles, err := reader.Combined(st.Files)
	if err != nil {
		answer.Fault = err.Error()
		return sendJSON(w, answer, "")
	}
	answer.ETag = inFiles.ETag()
	answer.Diff = config.Difference(inFiles, running.Document, mostCompared)
	answer.Differs = inFiles.ETag() != running.ETag()
	edits, err := writeback.Edits(&reader, st.Files, writeback.Running{
		Status: st, Value: running.JSON(), ETag: running.ETag(),
		Text: func(base string) string { return h.verbatim.Find(running.ETag(), base) },
	}, true)
	if err != nil {
		answer.Fault = err.Error()
		return sendJSON(w, answer, "")
	}
	for i, e := range edits {
		answer.Files[i].Saved, answer.Files[i].Kept = string(e.After), e.Sent
	}
	return sendJSON(w, answer, "")
}
