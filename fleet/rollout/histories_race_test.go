// SPDX-License-Identifier: Apache-2.0

//go:build race

package rollout

const histories = 500 // nothing is concurrent in them
