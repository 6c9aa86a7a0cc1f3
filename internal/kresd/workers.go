// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"encoding/json"
)

// Workers reaches the workers of one run directory by instance.
type Workers struct{ Rundir string }

// Probe is the function Probe for an instance.
func (w Workers) Probe(ctx context.Context, instance string) error {
	return Probe(ctx, Socket(w.Rundir, instance))
}

// Look is the function Look for an instance.
func (w Workers) Look(ctx context.Context, instance string) (Seen, error) {
	return Look(ctx, Socket(w.Rundir, instance))
}

// Alive is the function Alive for an instance.
func (w Workers) Alive(ctx context.Context, instance string) (pid int, err error) {
	return Alive(ctx, Socket(w.Rundir, instance))
}

// ResetRules is the function ResetRules for an instance.
func (w Workers) ResetRules(ctx context.Context, instance string) error {
	return ResetRules(ctx, Socket(w.Rundir, instance))
}

// RenewCertificate is the function RenewCertificate for an instance.
func (w Workers) RenewCertificate(ctx context.Context, instance, cert, key string) error {
	return RenewCertificate(ctx, Socket(w.Rundir, instance), cert, key)
}

// Statistics is the function Statistics for an instance.
func (w Workers) Statistics(ctx context.Context, instance string) (json.RawMessage, error) {
	return Statistics(ctx, Socket(w.Rundir, instance))
}

// ClearCache is the function ClearCache for an instance.
func (w Workers) ClearCache(ctx context.Context, instance string, what Clear) (json.RawMessage, error) {
	return ClearCache(ctx, Socket(w.Rundir, instance), what)
}

// Follow is the function Follow for an instance.
func (w Workers) Follow(ctx context.Context, instance string, q Question) (Trace, error) {
	return Follow(ctx, Socket(w.Rundir, instance), q)
}

// Cache is the function Cache for an instance.
func (w Workers) Cache(ctx context.Context, instance string) (CacheStatistics, error) {
	return Cache(ctx, Socket(w.Rundir, instance))
}

// AskUpstreams is the function AskUpstreams for an instance.
func (w Workers) AskUpstreams(ctx context.Context, instance string) (Upstreams, error) {
	return AskUpstreams(ctx, Socket(w.Rundir, instance))
}

// KresdVersion is the function Version for an instance.
func (w Workers) KresdVersion(ctx context.Context, instance string) (string, error) {
	return Version(ctx, Socket(w.Rundir, instance))
}

// AllFigures is the function AllFigures for an instance.
func (w Workers) AllFigures(ctx context.Context, instance string) (Figures, error) {
	return AllFigures(ctx, Socket(w.Rundir, instance))
}
