// SPDX-License-Identifier: Apache-2.0

package units

import (
	"errors"

	"kresd-manager/internal/config"
)

// Change is a request to change the running configuration. Match and Edit run
// in one critical section with the comparison of what runs, so a change never
// overwrites another one that it has not seen.
type Change struct {
	// Cause names the request in plans, logs and history.
	Cause string
	// Match refuses the change by returning an error when the running
	// configuration, named by its ETag, is not the expected one. It may be nil.
	Match func(etag string) error
	// Edit returns the new document. It must not change the one it is given.
	Edit func(*config.Document) (*config.Document, error)
	// DryRun computes the plan and leaves everything as it is.
	DryRun bool
	// Force restarts everything even if nothing differs.
	Force bool
}

// ErrUnavailable means that systemd or the bus cannot be reached; nothing is
// wrong with the request, and trying again later may help.
var ErrUnavailable = errors.New("systemd cannot be reached over D-Bus")

// ErrForbidden means that polkit refused a job.
var ErrForbidden = errors.New("polkit does not let kresd-manager control its units")

// ErrCanceled means that somebody canceled the change.
var ErrCanceled = errors.New("the change was canceled")

// ErrStopping means that the manager is on its way out.
var ErrStopping = errors.New("kresd-manager is stopping")
