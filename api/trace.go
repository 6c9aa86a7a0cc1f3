// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/netip"
	"regexp"
	"strings"

	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// traceRequest has a worker resolve a name, and tells how it did. It takes as long as
// the request does.
func (h *handlers) traceRequest(w *response, r *http.Request) error {
	if err := noQuery(r); err != nil {
		return err
	}
	doc, err := readValue(w, r)
	if err != nil {
		return err
	}
	q, err := readTrace(doc)
	if err != nil {
		return err
	}
	giveBack, err := h.traces.take(w, r)
	if err != nil {
		return err
	}
	defer giveBack()
	t, err := h.ctl.Trace(r.Context(), q)
	if err != nil {
		return err
	}
	return sendJSON(w, t, "")
}

// recordType is how types of records are written; which of them there are, the worker
// knows.
var recordType = regexp.MustCompile(`^[A-Z][A-Z0-9-]{0,15}$`)

// readTrace reads which request to follow.
func readTrace(doc *config.Document) (units.TraceQuestion, error) {
	var none units.TraceQuestion
	text := doc.JSON()
	if !bytes.HasPrefix(text, []byte("{")) {
		return none, malformed("an object is needed, with a name")
	}
	var t wire.Trace
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&t); err != nil {
		return none, malformed("cannot read what to trace: %s; use name, type, from and unit", unfit(err))
	}
	if t.Name == "" {
		return none, malformed("/name: a domain name is missing")
	}
	name, err := config.DomainName(t.Name)
	if err != nil {
		return none, malformed("/name: %v", err)
	}
	q := units.TraceQuestion{Name: name, Type: "A"}
	if t.Type != "" {
		if q.Type = strings.ToUpper(t.Type); !recordType.MatchString(q.Type) {
			return none, malformed("/type: %s is not a record type", printable(t.Type))
		}
	}
	if t.From != "" {
		address, err := netip.ParseAddr(t.From)
		if err != nil || address.Zone() != "" {
			return none, malformed("/from: %s is not an IP address", printable(t.From))
		}
		q.From = address.Unmap().String()
	}
	if t.Unit != "" {
		if q.Unit, err = units.ParseName(t.Unit); err != nil {
			return none, &units.UnitError{Problem: err.Error(), Unknown: true}
		}
	}
	return q, nil
}
