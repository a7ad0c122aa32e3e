// SPDX-License-Identifier: ISC
// An OpenAPI 3.1 document, taken at its word: its operations one by one, and
// whether an answer is as it says.
import assert from 'node:assert/strict';
import Ajv2020 from 'ajv/dist/2020.js';

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

export class Description {
  constructor(document) {
    this.document = document;
    this.ajv = new Ajv2020({ strict: false, allErrors: true });
    this.ajv.addSchema(document, 'doc');
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      METHODS.filter((m) => item[m]).map((m) => ({
        id: item[m].operationId, method: m.toUpperCase(), path,
        permissions: item[m]['x-rolegate-permissions'],
        parameters: [...(item.parameters ?? []), ...(item[m].parameters ?? [])]
          .map((p) => this.#deref(p)),
        body: item[m].requestBody?.content['application/json'].schema,
        responses: item[m].responses,
      })));
  }

  #deref(node) {
    if (!node.$ref) return node;
    return node.$ref.slice(2).split('/').reduce((o, key) => o[key],
      this.document);
  }

  operation(id) {
    const found = this.operations.find((o) => o.id === id);
    assert.ok(found, `no operation ${id}`);
    return found;
  }

  #matches(schema, value, what) {
    const validate = this.ajv.compile(JSON.parse(JSON.stringify(schema)
      .replaceAll('"#/', '"doc#/')));
    assert.ok(validate(value),
      `${what}: ${this.ajv.errorsText(validate.errors)}\n${
        JSON.stringify(value).slice(0, 500)}`);
  }

  /* A status that is described, with the body and the ETag that it says. */
  check(operation, res) {
    const what = `${operation.id} ${res.status}`;
    const wanted = operation.responses[res.status];
    assert.ok(wanted, `${what} is not described: ${JSON.stringify(res.body)}`);
    const response = this.#deref(wanted);
    assert.equal('etag' in res.headers, Boolean(response.headers?.ETag), what);
    const content = response.content?.['application/json'];
    if (!content) {
      assert.equal(res.body, null, what);
      return;
    }
    assert.equal(res.headers['content-type'], 'application/json', what);
    this.#matches(content.schema, res.body, what);
  }

  checkBody(operation, body) {
    this.#matches(operation.body, body, `${operation.id} body`);
  }
}
