#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the trustctl maintainers
# SPDX-License-Identifier: MIT OR Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: trustctl_info
short_description: Inventory, audit and reach of a host's trust
version_added: "0.1.0"
description:
  - Returns the JSON reports of C(trustctl list), C(trustctl audit) and C(trustctl reach); changes nothing.
author:
  - trustctl maintainers (@trustctl)
options:
  gather:
    description: What to return.
    type: list
    elements: str
    choices: [inventory, audit, reach]
    default: [inventory, audit]
  executable:
    description: The program on the target.
    type: path
    default: /usr/bin/trustctl
attributes:
  check_mode:
    description: Nothing is changed in any case.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
'''

EXAMPLES = r'''
- name: audit the host
  trustctl.fleet.trustctl_info:
    gather: audit
  register: trust

- name: nothing may be wrong
  ansible.builtin.assert:
    that: trust.audit.report.counts.error == 0
'''

RETURN = r'''
inventory:
  description: What C(trustctl list --format json) writes.
  returned: when asked for
  type: dict
  sample: {"schema": 1, "trustctl": "0.1.0", "command": "list", "report": {}}
audit:
  description: What C(trustctl audit --format json) writes.
  returned: when asked for
  type: dict
  sample: {"schema": 1, "trustctl": "0.1.0", "command": "audit", "report": {}}
reach:
  description: What C(trustctl reach --format json) writes, which store trusts each local certificate.
  returned: when asked for
  type: dict
  sample: {"schema": 1, "trustctl": "0.1.0", "command": "reach", "report": {}}
'''

import json

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.trustctl.fleet.plugins.module_utils.trustctl import ARGUMENTS, Trustctl

COMMANDS = dict(
    inventory=['list'],
    audit=['audit', '--fail-on', 'never'],
    reach=['reach'],
)
# What a command ends with where it has an answer: a store lacks a certificate (1).
ANSWERS = dict(reach=(0, 1))


def main():
    module = AnsibleModule(
        argument_spec=dict(
            gather=dict(type='list', elements='str', choices=['inventory', 'audit', 'reach'], default=['inventory', 'audit']),
            executable=ARGUMENTS['executable'],
        ),
        supports_check_mode=True,
    )
    result = dict(changed=False)
    for name in module.params['gather']:
        command = [module.params['executable'], '--format', 'json'] + COMMANDS[name]
        code, out, err = module.run_command(command)
        if code not in ANSWERS.get(name, (0,)):
            module.fail_json(rc=code, **Trustctl.refusal({}, err))
        result[name] = json.loads(out)
    module.exit_json(**result)


if __name__ == '__main__':
    main()
