# SPDX-License-Identifier: Apache-2.0
"""What deploy/check-documents consists of."""
