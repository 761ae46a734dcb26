/** Compiles an example that is a whole component by its framework's own compiler: a template that is broken is found, too. */
import { compile } from 'svelte/compiler';
import { compileScript, compileTemplate, parse } from 'vue/compiler-sfc';
import type { Example } from './examples';

/** What is wrong with those that are components, each as `docs/guides/vue.md:7: the compiler's words`. */
export function componentProblemsOf(examples: readonly Example[]): string[] {
  return examples.flatMap(({ component, where }) => {
    if (!component) return [];
    try {
      const found = component.framework === 'vue' ? vueProblems(component.source) : svelteProblems(component.source);
      return found.map((problem) => `${where}: ${problem}`);
    } catch (error) {
      return [`${where}: ${error}`];
    }
  });
}

function vueProblems(source: string): string[] {
  const { descriptor, errors } = parse(source);
  if (errors.length > 0) return errors.map(String);
  const { bindings } = compileScript(descriptor, { id: 'example' });
  if (!descriptor.template) return [];
  const { content } = descriptor.template;
  const compilerOptions = { bindingMetadata: bindings ?? {}, expressionPlugins: ['typescript' as const] };
  return compileTemplate({ source: content, filename: 'example.vue', id: 'example', compilerOptions }).errors.map(
    String,
  );
}

function svelteProblems(source: string): string[] {
  return compile(source, { generate: 'client' }).warnings.map(({ message }) => message);
}
