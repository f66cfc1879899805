#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the trustctl maintainers
# SPDX-License-Identifier: MIT OR Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: trustctl_apply
short_description: The trust of a Debian or Ubuntu host as a file says
version_added: "0.1.0"
description:
  - Makes the system trust store what a desired state says, in one change, with C(trustctl apply); see trustctl-apply(5).
author:
  - trustctl maintainers (@trustctl)
options:
  content:
    description: The desired state. Certificates stand in it as C(pem).
    type: str
  src:
    description: A file with the desired state on the controller. Certificates stand in it as C(pem).
    type: path
  path:
    description: A file with the desired state on the target. It and what it names must belong to root.
    type: path
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
    description: How the host differed.
    support: full
'''

EXAMPLES = r'''
- name: the baseline of this company
  trustctl.fleet.trustctl_apply:
    src: baseline.toml
'''

RETURN = r'''
drift:
  description: How the host differed from the desired state.
  returned: success
  type: list
  elements: dict
  sample: [{"kind": "missing", "sha256": "6b401eba...", "subject": "CN=Example Corp Root CA", "file": null, "message": "..."}]
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
  sample: []
generation:
  description: Under which number the change is on record.
  returned: success
  type: int
  sample: 9
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
  sample: see trustctl-apply(5) for the keys and their values
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.trustctl.fleet.plugins.module_utils.trustctl import ARGUMENTS, Trustctl


def main():
    module = AnsibleModule(
        argument_spec=dict(
            content=dict(type='str'),
            src=dict(type='path'),
            path=dict(type='path'),
            **ARGUMENTS
        ),
        mutually_exclusive=[('content', 'src', 'path')],
        required_one_of=[('content', 'src', 'path')],
        supports_check_mode=True,
    )
    program = Trustctl(module)
    if module.params['content'] is not None:
        report = program.change(['apply', '--yes', '-'], data=module.params['content'])
    else:
        report = program.change(['apply', '--yes', '--', module.params['path']])
    program.finish(report, drift=report['drift'])


if __name__ == '__main__':
    main()
