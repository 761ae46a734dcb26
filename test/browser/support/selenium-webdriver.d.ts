/** The part of selenium-webdriver that the tests use: the package comes without declarations. */
declare module 'selenium-webdriver' {
  export interface WebDriver {
    getCapabilities(): Promise<{ get(name: string): unknown }>;
    get(url: string): Promise<void>;
    getWindowHandle(): Promise<string>;
    getAllWindowHandles(): Promise<string[]>;
    switchTo(): { window(handle: string): Promise<void>; newWindow(type: 'tab' | 'window'): Promise<void> };
    navigate(): { back(): Promise<void>; refresh(): Promise<void> };
    executeScript<Result>(script: string): Promise<Result>;
    close(): Promise<void>;
  }

  export class Builder {
    usingServer(address: string): this;
    withCapabilities(capabilities: object): this;
    build(): Promise<WebDriver>;
  }
}
