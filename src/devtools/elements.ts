/** Elements without a framework, in the document of the panel. */
type Attributes = Readonly<Record<string, string | number>>;
type Child = Node | string;

export type Elements = ReturnType<typeof createElements>;

export function createElements(document: Document) {
  const fill = <Made extends Element>(element: Made, attributes: Attributes, children: readonly Child[]): Made => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.append(...children);
    return element;
  };
  return {
    h: <Name extends keyof HTMLElementTagNameMap>(name: Name, attributes: Attributes = {}, ...children: Child[]) =>
      fill(document.createElement(name), attributes, children),
    s: <Name extends keyof SVGElementTagNameMap>(name: Name, attributes: Attributes = {}, ...children: Child[]) =>
      fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children),
  };
}
