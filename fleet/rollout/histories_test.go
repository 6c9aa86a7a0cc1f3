// SPDX-License-Identifier: Apache-2.0

//go:build !race

package rollout

const histories = 10_000 // nothing is concurrent in them
