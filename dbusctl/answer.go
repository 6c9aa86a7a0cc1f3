// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"

	"kresd-manager/units"
)

// Deadlines of ours. Callers may have shorter ones.
const (
	// answerTime is how long systemd may take for one question, or for all of a
	// snapshot. It answers nothing while it reads its units anew; others wait for it
	// as long (sd_bus_set_method_call_timeout(3)).
	answerTime = 25 * time.Second

	// dialTime is how long making a connection may take.
	dialTime = 10 * time.Second
)

// silence is the error of a question that got no answer before our deadline. It
// is units.ErrUnavailable.
type silence struct{ after time.Duration }

func (s *silence) Error() string {
	return fmt.Sprintf("systemd did not answer within %s on the bus", s.after)
}

func (s *silence) Is(target error) bool { return target == units.ErrUnavailable }

// late is the error of a question that got no answer before the deadline of its
// caller. It says nothing of the connection, which others go on to use. It is
// units.ErrUnavailable and context.DeadlineExceeded.
type late struct{}

func (late) Error() string { return "systemd did not answer in time on the bus" }

func (late) Is(target error) bool {
	return target == units.ErrUnavailable || target == context.DeadlineExceeded
}

// withDeadline bounds a context by a deadline of ours.
func withDeadline(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, &silence{d})
}

// silent turns the error of a question that a deadline ended into silence if it was
// ours, and into late if it was its caller's.
func silent(ctx context.Context, err error) error {
	var s *silence
	switch {
	case err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return err
	case errors.As(context.Cause(ctx), &s):
		return s
	}
	return late{}
}

// heard is silent, after which the connection is not used any more: who does not
// answer one question has forgotten it, or will answer it when no one knows why.
func (n *conn) heard(ctx context.Context, err error) error {
	err = silent(ctx, err)
	if isSilence(err) {
		n.bus.Close()
	}
	return err
}

func isSilence(err error) bool {
	var s *silence
	return errors.As(err, &s)
}

// ask calls a method of one of systemd's objects and waits for the answer.
func (n *conn) ask(ctx context.Context, path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	ctx, cancel := withDeadline(ctx, n.answer)
	defer cancel()
	call := n.bus.Object(systemdName, path).CallWithContext(ctx, method, 0, args...)
	call.Err = n.heard(ctx, call.Err)
	return call
}

// call calls a method of systemd's manager object.
func (n *conn) call(ctx context.Context, method string, args ...any) *dbus.Call {
	return n.ask(ctx, systemdPath, managerIface+"."+method, args...)
}

// property reads one property into a value.
func (n *conn) property(ctx context.Context, path dbus.ObjectPath, iface, name string, value any) error {
	var v dbus.Variant
	if err := n.ask(ctx, path, propertiesGet, iface, name).Store(&v); err != nil {
		return err
	}
	return v.Store(value)
}

// read calls f while no one else asks many things at once.
func (n *conn) read(ctx context.Context, f func(context.Context) error) error {
	select {
	case n.reading <- struct{}{}:
		defer func() { <-n.reading }()
	case <-ctx.Done():
		return fmt.Errorf("cannot ask systemd: %w", silent(ctx, ctx.Err()))
	}
	ctx, cancel := withDeadline(ctx, n.answer)
	defer cancel()
	return f(ctx)
}
