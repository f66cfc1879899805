# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the trustctl maintainers
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reads `src` on the controller and hands its content to the module on the target."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):

    def run(self, tmp=None, task_vars=None):
        result = super(ActionModule, self).run(tmp, task_vars)
        arguments = dict(self._task.args)
        source = arguments.pop('src', None)
        if source is not None:
            if any(arguments.get(other) is not None for other in ('content', 'path')):
                result.update(failed=True, msg='parameters are mutually exclusive: src|content|path')
                return result
            try:
                found = self._find_needle('files', source)
                with open(self._loader.get_real_file(found), 'rb') as file:
                    arguments['content'] = file.read().decode('utf-8')
            except (AnsibleError, OSError) as error:
                result.update(failed=True, msg='cannot read `%s`: %s' % (source, error))
                return result
            except UnicodeDecodeError:
                result.update(failed=True, msg='`%s` is not text' % source)
                return result
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result
