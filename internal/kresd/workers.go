// SPDX-License-Identifier: Apache-2.0

package kresd

import "context"

// Workers reaches the workers of one run directory by instance.
type Workers struct{ Rundir string }

// Probe is the function Probe for an instance.
func (w Workers) Probe(ctx context.Context, instance string) error {
	return Probe(ctx, Socket(w.Rundir, instance))
}

// ResetRules is the function ResetRules for an instance.
func (w Workers) ResetRules(ctx context.Context, instance string) error {
	return ResetRules(ctx, Socket(w.Rundir, instance))
}

// RenewCertificate is the function RenewCertificate for an instance.
func (w Workers) RenewCertificate(ctx context.Context, instance, cert, key string) error {
	return RenewCertificate(ctx, Socket(w.Rundir, instance), cert, key)
}
