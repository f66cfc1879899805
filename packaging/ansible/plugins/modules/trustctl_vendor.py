#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the trustctl maintainers
# SPDX-License-Identifier: MIT OR Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: trustctl_vendor
short_description: Vendor CA certificates of a Debian or Ubuntu host
version_added: "0.1.0"
description:
  - Selects certificates of the package ca-certificates, or deselects them, with C(trustctl).
author:
  - trustctl maintainers (@trustctl)
options:
  sha256:
    description: The SHA-256 fingerprints of the certificates.
    type: list
    elements: str
    required: true
  state:
    description:
      - Whether programs are to trust them.
      - A certificate that the host's package does not have is not trusted, and cannot be.
    type: str
    choices: [trusted, distrusted]
    required: true
  reason:
    description: Why, for the record on the target.
    type: str
    default: ansible
  executable:
    description: The program on the target.
    type: path
    default: /usr/bin/trustctl
attributes:
  check_mode:
    description: The change is rehearsed.
    support: full
  diff_mode:
    description: The certificates that come and go.
    support: full
'''

EXAMPLES = r'''
- name: a public CA that is not wanted
  trustctl.fleet.trustctl_vendor:
    sha256: 2530cc8e98321502bad96f9b1fba1b099e2d299e0f4548bb914f363bc0d4531f
    state: distrusted
'''

RETURN = r'''
added:
  description: Certificates that became trusted (in check mode, would).
  returned: success
  type: list
  elements: dict
  sample: []
removed:
  description: Certificates that ceased to be trusted.
  returned: success
  type: list
  elements: dict
  sample: [{"sha256": "2530cc8e...", "subject": "CN=Izenpe.com"}]
generation:
  description: Under which number the change is on record.
  returned: success
  type: int
  sample: 8
open:
  description: What the change did not reach; each is a warning too.
  returned: success
  type: list
  elements: str
  sample: []
notes:
  description: What is worth knowing.
  returned: success
  type: list
  elements: str
  sample: []
hint:
  description: What to do about a refusal.
  returned: failure
  type: str
  sample: C(trustctl list --vendor) shows what there is
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.trustctl.fleet.plugins.module_utils.trustctl import ARGUMENTS, Trustctl, plain

NOTHING = dict(changed=False, added=[], removed=[], repaired=[], generation=None, open=[], notes=[])


def main():
    module = AnsibleModule(
        argument_spec=dict(
            sha256=dict(type='list', elements='str', required=True),
            state=dict(type='str', choices=['trusted', 'distrusted'], required=True),
            **ARGUMENTS
        ),
        supports_check_mode=True,
    )
    program = Trustctl(module)
    selectors = [plain(one) for one in module.params['sha256']]
    if module.params['state'] == 'trusted':
        program.finish(program.change(['trust', '--yes', '--'] + selectors))
    # What is not there is not trusted.
    rows = program.call(['list', '--vendor'])[1]['certificates']
    there = set(row['sha256'] for row in rows)
    selectors = [one for one in selectors if one in there]
    if not selectors:
        program.finish(NOTHING)
    program.finish(program.change(['distrust', '--yes', '--'] + selectors))


if __name__ == '__main__':
    main()
