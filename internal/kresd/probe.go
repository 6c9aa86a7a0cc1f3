// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// probeInterval is how often a probe that has no answer yet is looked at.
const probeInterval = 2 * time.Millisecond

// Probe asks the worker to resolve a name that needs no other server, and
// waits for the answer until the context ends. It tells a worker that works
// from one that only says so, and it reaches this very worker: a query to the
// shared addresses would be answered by any of them.
func Probe(ctx context.Context, socket string) error {
	c, err := Dial(ctx, socket)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Eval("kresd_manager.probe()", nil); err != nil {
		return fmt.Errorf("cannot probe: %w", err)
	}
	for {
		var rcode *int
		err := c.Eval("kresd_manager.answer", &rcode)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("the worker does not answer a probe: %w", err)
		}
		if err != nil {
			return fmt.Errorf("cannot probe: %w", err)
		}
		if rcode != nil {
			if *rcode != 0 {
				return fmt.Errorf("the worker answers a probe with response code %d", *rcode)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the worker does not answer a probe: %w", ctx.Err())
		case <-time.After(probeInterval):
		}
	}
}

// RenewCertificate has the worker read its certificate from these files. One
// that it cannot use is refused with a *LuaError, and the old one is served on.
func RenewCertificate(ctx context.Context, socket, cert, key string) error {
	c, err := Dial(ctx, socket)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Eval(fmt.Sprintf("net.tls(%s, %s)", luaQuote(cert), luaQuote(key)), nil); err != nil {
		return fmt.Errorf("cannot renew the certificate: %w", err)
	}
	return nil
}

// luaQuote writes a path as a Lua string on one line.
func luaQuote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range len(s) {
		fmt.Fprintf(&b, "\\%03d", s[i])
	}
	b.WriteByte('\'')
	return b.String()
}

// ResetRules makes the worker look at the rules that the policy-loader has
// written.
func ResetRules(ctx context.Context, socket string) error {
	c, err := Dial(ctx, socket)
	if err != nil {
		return err
	}
	defer c.Close()
	var code int
	if err := c.Eval("require('ffi').C.kr_rules_reset()", &code); err != nil {
		return fmt.Errorf("cannot reset the rules: %w", err)
	}
	if code != 0 {
		return fmt.Errorf("cannot reset the rules: error %d", code)
	}
	return nil
}
