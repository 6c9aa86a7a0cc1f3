// SPDX-License-Identifier: Apache-2.0

package wire

// Kind names a class of failure. Its text is stable; programs may test for it.
type Kind string

// Kinds of failure.
const (
	KindMalformed    Kind = "malformed"             // 400
	KindInvalid      Kind = "invalid-configuration" // 400
	KindToken        Kind = "token-needed"          // 401
	KindDenied       Kind = "access-denied"         // 403
	KindForeign      Kind = "foreign"               // 403
	KindNoRoute      Kind = "no-such-route"         // 404
	KindNoValue      Kind = "no-such-value"         // 404
	KindMethod       Kind = "method-not-allowed"    // 405
	KindAccept       Kind = "not-acceptable"        // 406
	KindSlow         Kind = "body-too-slow"         // 408
	KindTestFailed   Kind = "patch-test-failed"     // 409
	KindCanceled     Kind = "canceled"              // 409
	KindStopped      Kind = "stopped"               // 409
	KindIdle         Kind = "nothing-in-progress"   // 409
	KindNoEntry      Kind = "no-such-change"        // 404
	KindNoUnit       Kind = "no-such-unit"          // 404
	KindNoRestart    Kind = "cannot-restart"        // 409
	KindNotWaiting   Kind = "nothing-to-confirm"    // 409
	KindWaiting      Kind = "waits-to-be-confirmed" // 409
	KindNoPages      Kind = "no-address"            // 409
	KindPrecondition Kind = "precondition-failed"   // 412
	KindTooLarge     Kind = "body-too-large"        // 413
	KindType         Kind = "unsupported-type"      // 415
	KindRefused      Kind = "refused-by-component"  // 422
	KindGuessing     Kind = "too-many-wrong-tokens" // 429
	KindStep         Kind = "step-failed"           // 500
	KindSystem       Kind = "system-error"          // 500
	KindInternal     Kind = "internal"              // 500
	KindUnavailable  Kind = "systemd-unreachable"   // 503
	KindForbidden    Kind = "polkit-refused"        // 503
	KindNoWorker     Kind = "no-worker"             // 503
	KindBusy         Kind = "busy"                  // 503
	KindTimeout      Kind = "timed-out"             // 503
	KindStopping     Kind = "stopping"              // 503
)

// Kinds are all of them.
var Kinds = []Kind{
	KindMalformed,
	KindInvalid,
	KindToken,
	KindDenied,
	KindForeign,
	KindNoRoute,
	KindNoValue,
	KindMethod,
	KindAccept,
	KindSlow,
	KindTestFailed,
	KindCanceled,
	KindStopped,
	KindIdle,
	KindNoEntry,
	KindNoUnit,
	KindNoRestart,
	KindNotWaiting,
	KindWaiting,
	KindNoPages,
	KindPrecondition,
	KindTooLarge,
	KindType,
	KindRefused,
	KindGuessing,
	KindStep,
	KindSystem,
	KindInternal,
	KindUnavailable,
	KindForbidden,
	KindNoWorker,
	KindBusy,
	KindTimeout,
	KindStopping,
}
