// SPDX-License-Identifier: Apache-2.0

package oracle

var forwardCases, cacheCases, dnssecCases, miscCases []testCase
