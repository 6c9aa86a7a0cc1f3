// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"syscall"
	"testing"

	"kresd-manager/api/wire"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

func TestStatusOfErrors(t *testing.T) {
	step := units.Step{N: 1, Kind: units.Restart, Unit: "kresd@1.service"}
	tests := []struct {
		err    error
		status int
		kind   wire.Kind
	}{
		{malformed("x"), 400, wire.KindMalformed},
		{&badBody{config.Problems{{Message: "x"}}}, 400, wire.KindMalformed},
		{config.Problems{{Message: "x"}}, 400, wire.KindInvalid},
		{&config.PointerError{Pointer: "x", Message: "y"}, 400, wire.KindMalformed},
		{config.ErrNotFound, 404, wire.KindNoValue},
		{config.ErrTestFailed, 409, wire.KindTestFailed},
		{preconditionFailed("x"), 412, wire.KindPrecondition},
		{&http.MaxBytesError{Limit: 1}, 413, wire.KindTooLarge},
		{unsupportedType("a", "b", "c"), 415, wire.KindType},
		{&units.StepError{Step: step, Err: errors.New("x"), Refused: true}, 422, wire.KindRefused},
		{&units.StepError{Step: step, Err: errors.New("x")}, 500, wire.KindStep},
		{&units.StepError{Step: step, Err: context.DeadlineExceeded}, 500, wire.KindStep},
		{&units.StepError{Step: step, Err: units.ErrForbidden}, 503, wire.KindForbidden},
		{&units.StepError{Step: step, Err: units.ErrUnavailable}, 503, wire.KindUnavailable},
		{units.ErrUnavailable, 503, wire.KindUnavailable},
		{units.ErrForbidden, 503, wire.KindForbidden},
		{units.ErrStopping, 503, wire.KindStopping},
		{units.ErrDefect, 503, wire.KindStopping},
		{units.ErrTargetStopped, 409, wire.KindStopped},
		{&fs.PathError{Op: "open", Path: "p", Err: syscall.EACCES}, 500, wire.KindSystem},
		{&config.FileError{Path: "p", Err: syscall.EACCES}, 500, wire.KindSystem},
		{&config.FileError{Path: "p", Err: errors.New("is a directory")}, 500, wire.KindSystem},
		{&config.FileError{Path: "p", Err: config.Problems{{Message: "larger than 64 MiB"}}}, 400, wire.KindInvalid},
		{context.DeadlineExceeded, 503, wire.KindTimeout},
		{errors.New("x"), 0, ""},
	}
	for _, tt := range tests {
		for _, err := range []error{tt.err, fmt.Errorf("around: %w", tt.err), &changeError{units.Report{}, tt.err}} {
			p := problemOf(err)
			if p == nil {
				p = &wire.Problem{}
			}
			if p.Status != tt.status || p.Kind != tt.kind {
				t.Errorf("%T %v: %d %q, want %d %q", err, err, p.Status, p.Kind, tt.status, tt.kind)
			}
		}
	}
}

// Why a configuration file is not usable is told, whatever is the reason.
func TestUnreadableFileIsReported(t *testing.T) {
	dir := t.TempDir()
	_, err := config.ReadFile(dir)
	if p := problemOf(fmt.Errorf("around: %w", err)); p == nil || p.Message != "around: cannot read "+dir+": is a directory" {
		t.Errorf("got %+v", p)
	}
}

func TestFailedRollbackIsReported(t *testing.T) {
	err := &changeError{
		units.Report{RollbackError: "kresd@2.service does not start"},
		&units.StepError{Step: units.Step{Kind: units.Restart, Unit: "kresd@1.service"}, Err: errors.New("it died")},
	}
	const want = `change failed: cannot restart kresd@1.service: it died
the previous configuration could not be restored completely: kresd@2.service does not start
reference: r
`
	p := problemOf(err)
	p.Reference = "r"
	if got := p.Text(); got != want {
		t.Errorf("got %s", got)
	}
}
