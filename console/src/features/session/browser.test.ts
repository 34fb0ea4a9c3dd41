import { describe, expect, it } from 'vitest';
import { browserOf } from './browser';

describe('what a browser calls itself', () => {
  it('is said in two words', () => {
    expect(browserOf('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0')).toEqual({ browser: 'Edge', system: 'Windows' });
    expect(browserOf('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15')).toEqual({ browser: 'Safari', system: 'Mac' });
    expect(browserOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.53')).toEqual({ browser: '微信', system: 'iPhone' });
    expect(browserOf('Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36')).toEqual({ browser: 'Chrome', system: 'Linux' });
  });
  it('is not guessed', () => {
    expect(browserOf('curl/8.5.0')).toBeNull();
    expect(browserOf('')).toBeNull();
  });
});
